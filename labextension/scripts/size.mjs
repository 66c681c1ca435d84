/** Prints what the widget weighs; fails above its budget. */
import console from 'node:console';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { URL } from 'node:url';
import { gzipSync } from 'node:zlib';

const FOLDER = new URL(
  '../../rlm_magic/notebook/panel/static/',
  import.meta.url
);
const BUDGET = 31.75 * 1024; // bytes, compressed, of both files together

let total = 0;
for (const name of ['widget.js', 'widget.css']) {
  const content = readFileSync(new URL(name, FOLDER));
  const compressed = gzipSync(content, { level: 9 }).length;
  total += compressed;
  console.log(`${name}: ${content.length} bytes, ${compressed} compressed`);
}
console.log(`together: ${total} of ${BUDGET} bytes, compressed`);
process.exitCode = total > BUDGET ? 1 : 0;
