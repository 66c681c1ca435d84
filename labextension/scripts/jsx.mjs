/** What elements are made with: esbuild puts it into each module that has some. */
export { Fragment, h } from 'preact';
