import { LabIcon } from '@jupyterlab/ui-components';

/** A root with two branches, in the colours of the theme. */
export const runIcon = new LabIcon({
  name: 'rlm-magic:run',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <circle cx="6" cy="5" r="3"/>
    <circle cx="18" cy="11" r="3"/>
    <circle cx="18" cy="19" r="3"/>
    <path d="M5 8h2v2h8v2H7v6h8v2H5z"/>
  </g>
</svg>`
});
