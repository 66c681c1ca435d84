/** Splits a model's reply, whole or still being written, into words and fenced code. */

export interface Words {
  readonly kind: 'words';
  readonly text: string;
}

export interface Fence {
  readonly kind: 'fence';
  readonly text: string;
  /** The fence as it came, for the fences that are not code to run. */
  readonly source: string;
}

const OPEN = /^([ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(`{3,}|~{3,})(.*)$/;

export function splitReply(reply: string): (Words | Fence)[] {
  const parts: (Words | Fence)[] = [];
  const lines = reply.split('\n');
  let words: string[] = [];
  const flush = (): void => {
    const text = words.join('\n').trim();
    if (text) {
      parts.push({ kind: 'words', text });
    }
    words = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, before = '', fence = '', info = ''] = OPEN.exec(line) ?? [];
    if (!fence || (fence.startsWith('`') && info.includes('`'))) {
      words.push(line);
      continue;
    }
    flush();
    let end = at + 1;
    while (end < lines.length && !closes(lines[end] ?? '', fence)) {
      end += 1;
    }
    const indent = new RegExp(`^[ \\t]{0,${String(before.length)}}`);
    const body = lines.slice(at + 1, end);
    parts.push({
      kind: 'fence',
      text: body.map(each => each.replace(indent, '')).join('\n'),
      source: lines.slice(at, end + 1).join('\n')
    });
    at = end;
  }
  flush();
  return parts;
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.startsWith(fence) && text === fence.charAt(0).repeat(text.length);
}
