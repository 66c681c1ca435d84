import type { RunRecord } from '../panel/protocol';

/**
 * The cells that run the code of a run again, without the root model: first the helpers that the
 * code needs, with the recorded replies of `trace`, then each block that ran without an error. Null
 * where the record holds no code in full, as it does with blocks that are very long.
 */
export function codeCells(
  { events, setup }: RunRecord,
  trace = 'the-trace-of-this-run.rlm.jsonl'
): readonly string[] | null {
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
  // A string of JSON is one of Python too.
  const helpers = setup?.replace('"{trace}"', () => JSON.stringify(trace));
  return helpers && cells.length > 0 ? [helpers, ...cells] : cells;
}
