/** Bundles the widget's module and style sheet, as small as they get. */
import { mkdir, writeFile } from 'node:fs/promises';
import { URL, fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { minify } from 'terser';

const here = path => fileURLToPath(new URL(path, import.meta.url));

const outdir = here('../../rlm_magic/notebook/panel/static/');

const { outputFiles } = await build({
  entryPoints: [
    { in: here('../src/widget.ts'), out: 'widget' },
    { in: here('../style/panel.css'), out: 'widget' }
  ],
  outdir,
  bundle: true,
  minify: true,
  write: false,
  charset: 'utf8',
  format: 'esm',
  target: 'es2022',
  // Shorter than the calls of the automatic runtime, which tsconfig.json names.
  jsx: 'transform',
  jsxFactory: 'h',
  jsxFragment: 'Fragment',
  inject: [here('jsx.mjs')],
  tsconfigRaw: {},
  logLevel: 'warning'
});
// Only classes, and functions that use `this`, are ever constructed: the others may be arrows.
const compress = {
  passes: 3,
  lhs_constants: false,
  pure_getters: true,
  unsafe: true,
  unsafe_arrows: true,
  unsafe_methods: true
};
await mkdir(outdir, { recursive: true });
for (const { path, text } of outputFiles) {
  const { code } = path.endsWith('.js')
    ? await minify(text, { module: true, ecma: 2022, compress })
    : { code: text };
  await writeFile(path, code);
}
