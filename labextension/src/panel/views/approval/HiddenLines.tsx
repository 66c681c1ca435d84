import type { VNode } from 'preact';

import { hiddenAt, revealed } from '../../hidden';

const MOST = 5;
/** Characters before and behind the first one that is hidden. */
const AROUND = 250;

/** The lines of `text` that hold hidden characters, with these made visible. */
export function HiddenLines({ text }: { text: string }): VNode | null {
  const found = text.split('\n').flatMap((line, place) => {
    const at = hiddenAt(line);
    const part = line.slice(Math.max(at - AROUND, 0), at + AROUND);
    return at < 0 ? [] : `${String(place + 1)}  ${revealed(part)}`;
  });
  if (found.length === 0) {
    return null;
  }
  const more = found.length - MOST;
  return (
    <div class="rlm-hidden-lines">
      <p>What is shown above may not be what runs:</p>
      {found.slice(0, MOST).map(line => (
        <pre key={line}>{line}</pre>
      ))}
      {more > 0 && <p>{`and ${String(more)} more lines`}</p>}
    </div>
  );
}
