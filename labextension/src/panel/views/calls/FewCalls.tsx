/** Up to three calls: a line each, that opens to the whole of it. */
import type { VNode } from 'preact';

import type { RunSource } from '../../source';
import type { Call } from '../../state';
import { CallDetail } from './CallDetail';
import { Cells, fewColumns } from './columns';

export function FewCalls({
  calls,
  source,
  opened,
  onToggle
}: {
  calls: readonly Call[];
  source: RunSource;
  opened: number | null;
  onToggle: (call: Call) => void;
}): VNode {
  const columns = fewColumns(calls);
  return (
    <ul aria-label="Sub-calls">
      {calls.map(call => (
        <li key={call.call}>
          <button
            type="button"
            class="rlm-call-row"
            aria-expanded={opened === call.call}
            onClick={() => {
              onToggle(call);
            }}
          >
            <Cells columns={columns} call={call} />
          </button>
          {opened === call.call && <CallDetail call={call} source={source} />}
        </li>
      ))}
    </ul>
  );
}
