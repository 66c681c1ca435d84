import type { VNode } from 'preact';

import type { Block } from '../../state';

/** The levels of a review at which a person should look twice. */
const RISKY = ['changes yours', 'reaches outside'];

/** The review of a block in short phrases; names stand in back quotes. */
export function Chips(props: { block: Block; hidden: boolean }): VNode {
  const { level, chips } = props.block;
  return (
    <ul class="rlm-chips" aria-label="Review">
      {level && (
        <li data-risky={RISKY.includes(level) || undefined}>{level}</li>
      )}
      {props.hidden && <li data-risky>hidden characters</li>}
      {chips.map(chip => (
        <li key={chip}>
          {chip
            .split('`')
            .map((part, place) =>
              place % 2 ? <code key={place}>{part}</code> : part
            )}
        </li>
      ))}
    </ul>
  );
}
