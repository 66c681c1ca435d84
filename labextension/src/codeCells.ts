import type { RunRecord } from './panel/protocol';

/**
 * The cells that run the code of a run again, without the root model: first the helpers that the
 * code needs, then each block that ran without an error. Null where the record holds no code in
 * full, as it does with blocks that are very long.
 */
export function codeCells({
  events,
  setup
}: RunRecord): readonly string[] | null {
  const root = events.find(
    event => event.type === 'run_started' && (event.parent ?? null) === null
  )?.run;
  const cells: string[] = [];
  for (const event of events) {
    if (
      event.type === 'code_executed' &&
      event.run === root &&
      (event.error ?? null) === null
    ) {
      if (typeof event.code !== 'string') {
        return null;
      }
      cells.push(event.code);
    }
  }
  return setup && cells.length > 0 ? [setup, ...cells] : cells;
}
