import type { VNode } from 'preact';

import { hasHidden, revealed } from './hidden';

const MOST = 5;

/** The lines of `text` that hold hidden characters, with these made visible. */
export function HiddenLines({ text }: { text: string }): VNode | null {
  const found = text
    .split('\n')
    .flatMap((line, place) => (hasHidden(line) ? { line, place } : []));
  if (found.length === 0) {
    return null;
  }
  const more = found.length - MOST;
  return (
    <div class="rlm-hidden-lines">
      <p>What is shown above may not be what runs:</p>
      {found.slice(0, MOST).map(({ line, place }) => (
        <pre key={place}>{`${String(place + 1)}  ${around(line)}`}</pre>
      ))}
      {more > 0 && <p>{`and ${String(more)} more lines`}</p>}
    </div>
  );
}

/** The part of a line where its first hidden character is. */
function around(line: string): string {
  const shown = revealed(line);
  let place = 0;
  while (shown[place] === line[place]) {
    place += 1;
  }
  return shown.slice(Math.max(place - 250, 0), place + 250);
}
