import { URL, fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
const here = path => fileURLToPath(new URL(path, import.meta.url));
const go = async (min) => (await build({
  entryPoints: [{ in: here('../src/widget.ts'), out: 'widget' }],
  outdir: '/tmp/o', bundle: true, minify: min, write: false, charset: 'utf8', format: 'esm', target: 'es2022',
  jsx: 'transform', jsxFactory: 'h', jsxFragment: 'Fragment', inject: [here('jsx.mjs')], tsconfigRaw: {}, logLevel: 'error'
})).outputFiles[0].text;
const base = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
const opts = { base:{}, unsafe:{unsafe:true}, pg:{pure_getters:true}, pass6:{passes:6}, hoistf:{hoist_funs:true}, noseq:{sequences:false}, kf:{keep_fargs:false}, bool:{booleans_as_integers:true}, inl1:{inline:1}, inl0:{inline:0}, hp:{hoist_props:false}, ru:{reduce_vars:false}, cv:{collapse_vars:false}, comp:{comparisons:false}, nocond:{conditionals:false}, ifret:{if_return:false}, jv:{join_vars:false}, usym:{unsafe_undefined:true}, ucomp:{unsafe_comps:true}, noredf:{reduce_funcs:false},cp:{computed_props:false},ev:{evaluate:false},swit:{switches:false},dead:{booleans:false}, typ:{typeofs:false}, pd: {properties:false}, arr:{arrows:false}, lh:{lhs_constants:false} };
for (const min of [true,false]) { const text = await go(min);
for (const [n,o] of Object.entries(opts)) {
  const { code } = await minify(text, { module: true, ecma: 2022, compress: {...base, ...o} });
  console.log(min, n, code.length, gzipSync(code,{level:9}).length);
}}
