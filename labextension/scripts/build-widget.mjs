/** Bundles the widget's module and style sheet, as small as they get. */
import { writeFile } from 'node:fs/promises';
import { URL, fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { minify } from 'terser';

const here = path => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [
    { in: here('../src/widget.ts'), out: 'widget' },
    { in: here('../style/panel.css'), out: 'widget' }
  ],
  outdir: here('../../rlm_magic/notebook/panel/static/'),
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
for (const { path, text } of outputFiles) {
  const { code } = path.endsWith('.js')
    ? await minify(text, { module: true, ecma: 2022, compress: { passes: 3 } })
    : { code: text };
  await writeFile(path, code);
}
