import type { VNode } from 'preact';

import type { Run } from '../state';
import { statusWords, tone } from '../words';

/** What a run is doing, or how it ended; `announced` tells each change to a screen reader. */
export function Status(props: {
  run: Run;
  live: boolean;
  announced?: boolean;
}): VNode {
  const { run, live, announced } = props;
  return (
    <span
      class="rlm-status"
      data-tone={tone(run, live)}
      role={announced ? 'status' : undefined}
    >
      {statusWords(run, live)}
    </span>
  );
}
