/** Calls, runs and sources as the tests of this folder need them. */
import type { AnyEvent } from '../../../../src/panel/protocol';
import type { RunSource } from '../../../../src/panel/source';
import type { Call, Run, Tree } from '../../../../src/panel/state';

export const START = 1_000;

/** Call `number`, which began `number` seconds after START and took two. */
export function call(number: number, fields: Partial<Call> = {}): Call {
  return {
    call: number,
    model: 'test/sub',
    atLimit: false,
    status: 'done',
    prompt: `prompt ${String(number)}`,
    reply: `reply ${String(number)}`,
    error: null,
    faults: [],
    cached: false,
    cutOff: false,
    hedged: false,
    retries: 0,
    images: [],
    parameters: [],
    tokens: { input: 10, cached: 0, output: 2 },
    usd: null,
    started: START + number,
    seconds: 2,
    promptSeq: 2 * number,
    replySeq: 2 * number + 1,
    ...fields
  };
}

export function calls(
  amount: number,
  fields: (number: number) => Partial<Call> = () => ({})
): Call[] {
  return Array.from({ length: amount }, (_, place) =>
    call(place + 1, fields(place + 1))
  );
}

export const RUNNING: Partial<Call> = {
  status: 'running',
  reply: null,
  replySeq: null,
  seconds: null,
  tokens: { input: 0, cached: 0, output: 0 }
};

export const FAILED: Partial<Call> = {
  status: 'failed',
  reply: null,
  error: 'RateLimitError'
};

export const run = { id: 'r', ended: null } as Run;

export function source(fields: Partial<RunSource> = {}): RunSource {
  return {
    tree: {} as Tree,
    subscribe: () => () => undefined,
    now: () => START + 20,
    ...fields
  };
}

export function started(seq: number, prompt: string): AnyEvent {
  return {
    seq,
    run: 'r',
    type: 'sub_call_started',
    step: 1,
    call: seq / 2,
    model: 'test/sub',
    prompt
  };
}
