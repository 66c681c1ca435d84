import type { ComponentChild } from 'preact';

import { inline } from './inline';

/** The table that begins at `start`, if one does, and the place behind it. */
export function table(
  lines: readonly string[],
  start: number
): readonly [ComponentChild, number] | null {
  const under = lines[start + 1] ?? '';
  if (
    !lines[start]?.includes('|') ||
    !under.includes('|') ||
    !under.includes('-') ||
    /[^\s|:-]/.test(under)
  ) {
    return null;
  }
  let end = start + 2;
  while (lines[end]?.includes('|')) {
    end += 1;
  }
  const aligned = cells(under).map(rule =>
    /^-+:$/.test(rule) ? 'rlm-markdown-right' : undefined
  );
  const row = (line: string, Cell: 'th' | 'td'): ComponentChild => (
    <tr>
      {cells(line).map((cell, place) => (
        <Cell class={aligned[place]}>{inline(cell)}</Cell>
      ))}
    </tr>
  );
  return [
    <div class="rlm-markdown-table">
      <table>
        <thead>{row(lines[start], 'th')}</thead>
        <tbody>
          {lines.slice(start + 2, end).map(line => row(line, 'td'))}
        </tbody>
      </table>
    </div>,
    end
  ];
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll('\\|', '|'));
}
