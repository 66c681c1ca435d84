import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { AnyEvent } from '../../src/panel/protocol';

/** Events without the fields that a test does not name. */
export function event(
  seq: number,
  type: AnyEvent['type'],
  fields: object = {}
): AnyEvent {
  return { run: 'a', step: 1, ...fields, seq, type } as unknown as AnyEvent;
}

export function traceText(name: string): string {
  const path = join(import.meta.dirname, '../traces', `${name}.rlm.jsonl`);
  return readFileSync(path, 'utf8');
}

export function traceEvents(name: string): AnyEvent[] {
  return traceText(name)
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as AnyEvent);
}
