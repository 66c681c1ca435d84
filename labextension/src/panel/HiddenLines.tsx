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
        <pre
          key={place}
        >{`${String(place + 1)}  ${revealed(line.slice(0, 500))}`}</pre>
      ))}
      {more > 0 && <p>{`and ${String(more)} more lines`}</p>}
    </div>
  );
}
