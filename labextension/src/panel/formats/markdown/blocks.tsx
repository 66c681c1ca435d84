/** Paragraphs, headings, lists, tables, quotes and code, line by line. */
import type { ComponentChild } from 'preact';

import { Python } from '../python';
import { inline } from './inline';
import { table } from './table';

const DEEPEST = 12; // blocks in blocks; what is deeper is shown as it was written
const PYTHON = /^(?:py|python3?|ipython|repl)$/i;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(?:\s+|$)(\[[ xX]\] )?/;
const BLANK = /^\s*$/;

export function blocks(lines: readonly string[], depth = 0): ComponentChild[] {
  if (depth > DEEPEST) {
    return [<p class="rlm-markdown-plain">{lines.join('\n')}</p>];
  }
  const made: ComponentChild[] = [];
  let place = 0;
  while (place < lines.length) {
    const [block, next] = blockAt(lines, place, depth);
    made.push(block);
    place = next;
  }
  return made;
}

/** The block that begins at `place`, and the place behind it. */
type Found = readonly [block: ComponentChild, next: number];

function blockAt(
  lines: readonly string[],
  place: number,
  depth: number
): Found {
  const line = lines[place] ?? '';
  if (BLANK.test(line)) {
    return [null, place + 1];
  }
  const [, fence, language = ''] = FENCE.exec(line) ?? [];
  if (fence !== undefined) {
    return code(lines, place + 1, fence, language);
  }
  const [, marks, title = ''] = HEADING.exec(line) ?? [];
  if (marks !== undefined) {
    const Heading =
      marks.length === 1 ? 'h4' : marks.length === 2 ? 'h5' : 'h6';
    return [<Heading>{inline(title)}</Heading>, place + 1];
  }
  if (RULE.test(line)) {
    return [<hr />, place + 1];
  }
  if (QUOTE.test(line)) {
    const end = endWhere(lines, place, line => QUOTE.test(line));
    const quoted = lines.slice(place, end).map(line => line.replace(QUOTE, ''));
    return [<blockquote>{blocks(quoted, depth + 1)}</blockquote>, end];
  }
  if (ITEM.test(line)) {
    return list(lines, place, depth);
  }
  return table(lines, place) ?? paragraph(lines, place);
}

function code(
  lines: readonly string[],
  start: number,
  fence: string,
  language: string
): Found {
  const end = endWhere(lines, start, line => {
    const mark = line.trim();
    return !(mark.startsWith(fence) && /^(?:`+|~+)$/.test(mark));
  });
  const text = lines.slice(start, end).join('\n');
  return [
    <pre>
      <code>{PYTHON.test(language) ? <Python code={text} /> : text}</code>
    </pre>,
    end + 1
  ];
}

function list(lines: readonly string[], start: number, depth: number): Found {
  const [, indent = '', mark = ''] = ITEM.exec(lines[start] ?? '') ?? [];
  const ordered = /\d/.test(mark);
  const items: ComponentChild[] = [];
  let place = start;
  for (;;) {
    const line = lines[place] ?? '';
    const [head, own, sign = '', task] = ITEM.exec(line) ?? [];
    if (head === undefined || own !== indent || /\d/.test(sign) !== ordered) {
      break;
    }
    const end = endOfItem(lines, place, indent.length);
    const inner = lines
      .slice(place + 1, end)
      .map(line =>
        line.replace(/^ +/, taken =>
          taken.slice(indent.length + sign.length + 1)
        )
      );
    const box = task && (task.startsWith('[ ') ? '☐ ' : '☑ ');
    items.push(
      <li>
        {box}
        {item([line.slice(head.length), ...inner], depth)}
      </li>
    );
    place = end;
  }
  return ordered
    ? [<ol start={parseInt(mark, 10)}>{items}</ol>, place]
    : [<ul>{items}</ul>, place];
}

/** The first paragraph of an item stands in it as it is: lists are dense. */
function item(lines: readonly string[], depth: number): ComponentChild[] {
  const end = endWhere(lines, 0, line => !BLANK.test(line) && !begins(line));
  return [
    ...words(lines.slice(0, end)),
    ...blocks(lines.slice(end), depth + 1)
  ];
}

/** Lines that are indented belong to the item, and so does text right below its own. */
function endOfItem(
  lines: readonly string[],
  start: number,
  indent: number
): number {
  let end = start + 1;
  for (let place = end; place < lines.length; place += 1) {
    const line = lines[place] ?? '';
    if (!BLANK.test(line)) {
      const inside = line.search(/\S/) > indent;
      if (!inside && (end < place || begins(line))) {
        break;
      }
      end = place + 1;
    }
  }
  return end;
}

function paragraph(lines: readonly string[], start: number): Found {
  const end = endWhere(
    lines,
    start + 1,
    line => !BLANK.test(line) && !begins(line)
  );
  return [<p>{words(lines.slice(start, end))}</p>, end];
}

function words(lines: readonly string[]): ComponentChild[] {
  const text = inline(lines.map(line => line.trim()).join('\n'));
  return [text];
}

function begins(line: string): boolean {
  return [FENCE, HEADING, RULE, QUOTE, ITEM].some(mark => mark.test(line));
}

/** The first place from `start` on where `holds` does not. */
function endWhere(
  lines: readonly string[],
  start: number,
  holds: (line: string) => boolean
): number {
  let place = start;
  while (place < lines.length && holds(lines[place] ?? '')) {
    place += 1;
  }
  return place;
}
