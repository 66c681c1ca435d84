import { URL, fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
const here = path => fileURLToPath(new URL(path, import.meta.url));
const r = await build({
  entryPoints: [{ in: here('../src/widget.ts'), out: 'widget' }],
  outdir: '/tmp/o', bundle: true, minify: true, write: false, charset: 'utf8', format: 'esm', target: 'es2022', metafile: true,
  jsx: 'transform', jsxFactory: 'h', jsxFragment: 'Fragment', inject: [here('jsx.mjs')], tsconfigRaw: {}, logLevel: 'error'
});
for (const o of Object.values(r.metafile.outputs)) for (const [k,v] of Object.entries(o.inputs).sort((a,b)=>b[1].bytesInOutput-a[1].bytesInOutput)) console.log(v.bytesInOutput,k);
const base = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
const { code } = await minify(r.outputFiles[0].text, { module: true, ecma: 2022, compress: {...base, unsafe:true, lhs_constants:false, pure_getters:true, unsafe_comps:true} });
console.log(gzipSync(code,{level:9}).length);
const b = await minify(r.outputFiles[0].text, { module: true, ecma: 2022, compress: {...base, unsafe:true, lhs_constants:false} });
console.log(gzipSync(b.code,{level:9}).length);
writeFileSync('/tmp/w.js', code);
