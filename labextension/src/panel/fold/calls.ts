/** Sub-calls: batches, their starts and ends, and those that a record has no room for. */
import type {
  BatchStarted,
  Omitted,
  SubCallFinished,
  SubCallStarted
} from '../protocol';
import type { Call, Run, Tokens } from '../state';
import type { Draft, Writable } from './draft';
import { addTokens, addUsd, flag, name, number, text, tokens } from './read';

export function batchStarted(draft: Draft, event: BatchStarted): void {
  const calls = number(event.calls) ?? 0;
  if (!flag(event.children) && calls > 0) {
    const step = draft.step(draft.run(event.run), event.step);
    step.planned += calls;
    draft.totals.planned += calls;
  }
}

export function callStarted(draft: Draft, event: SubCallStarted): void {
  const run = draft.run(event.run);
  const call = begin(draft, run, event.step, event.call, event.seq);
  call.batch = number(event.batch);
  call.model = name(event.model) ?? '';
  call.atLimit = flag(event.at_limit);
  call.prompt = text(event.prompt) ?? '';
  call.started = number(event.time);
  const step = draft.step(run, event.step);
  if (call.batch !== null && step.planned > 0) {
    step.planned -= 1;
    draft.totals.planned -= 1;
  }
}

export function callFinished(draft: Draft, event: SubCallFinished): void {
  const run = draft.run(event.run);
  const place = placeOf(run.calls, event.call);
  const call =
    place < 0
      ? begin(draft, run, event.step, event.call, event.seq)
      : draft.call(run, place);
  call.reply = text(event.reply);
  call.error = text(event.error);
  call.cached = flag(event.cached);
  call.retries = number(event.retries) ?? 0;
  call.tokens = tokens(event.tokens);
  call.usd = number(event.usd);
  call.seconds = number(event.seconds);
  call.replySeq = event.seq;

  const totals = draft.totals;
  totals[call.status] -= 1;
  if (call.reply !== null) {
    call.status = 'done';
    totals.cached += Number(call.cached);
    answered(draft, 1, call.tokens, call.usd);
  } else {
    call.status = flag(event.cancelled) ? 'cancelled' : 'failed';
  }
  totals[call.status] += 1;
  totals.retries += call.retries;
}

/** Counts `calls` answered model calls. */
export function answered(
  draft: Draft,
  calls: number,
  used: Tokens,
  usd: number | null
): void {
  const totals = draft.totals;
  totals.calls += calls;
  totals.tokens = addTokens(totals.tokens, used);
  totals.usd = addUsd(totals.usd, usd);
}

/** What the end of `run` leaves: no call of it runs any more, and none is to come. */
export function endCalls(draft: Draft, run: Writable<Run>): void {
  const totals = draft.totals;
  for (const [place, { status }] of run.calls.entries()) {
    if (status === 'running') {
      draft.call(run, place).status = 'cancelled';
      totals.running -= 1;
      totals.cancelled += 1;
    }
  }
  for (const { number, planned } of run.steps) {
    if (planned > 0) {
      draft.step(run, number).planned = 0;
      totals.planned -= planned;
    }
  }
}

/** A step that stands for those that were left out has no reply of its own. */
export function addOmitted(draft: Draft, omitted: Omitted): void {
  const amount = (
    key: 'calls' | 'failed' | 'cancelled' | 'cached' | 'runs' | 'steps'
  ): number => number(omitted[key]) ?? 0;
  const calls = amount('calls');
  const failed = amount('failed');
  const cancelled = amount('cancelled');
  const runs = amount('runs');
  const steps = amount('steps');
  const done = calls - failed - cancelled;
  const usd = omitted.usd === undefined ? 0 : number(omitted.usd);
  const step = draft.step(draft.run(omitted.run), omitted.step);
  step.omitted += calls;
  step.omittedSteps += steps;
  step.omittedRuns += runs;
  const totals = draft.totals;
  totals.done += done;
  totals.failed += failed;
  totals.cancelled += cancelled;
  totals.cached += amount('cached');
  totals.children += runs;
  totals.steps += steps && step.replySeq === null ? steps - 1 : steps;
  answered(draft, done + steps, tokens(omitted.tokens), usd);
}

function begin(
  draft: Draft,
  run: Writable<Run>,
  step: number,
  number: number,
  seq: number
): Writable<Call> {
  const place = draft.append(run, 'calls', {
    call: number,
    run: run.id,
    step,
    batch: null,
    model: '',
    atLimit: false,
    status: 'running',
    prompt: '',
    reply: null,
    error: null,
    cached: false,
    retries: 0,
    tokens: { input: 0, cached: 0, output: 0 },
    usd: null,
    started: null,
    seconds: null,
    promptSeq: seq,
    replySeq: null
  });
  draft.append(draft.step(run, step), 'calls', place);
  draft.totals.running += 1;
  return draft.call(run, place);
}

/** The place of call `number`: calls are numbered as they begin, threads may swap neighbours. */
function placeOf(calls: readonly Call[], number: number): number {
  let low = 0;
  let high = calls.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = calls[middle]?.call ?? 0;
    if (found === number) {
      return middle;
    }
    if (found < number) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return calls.findLastIndex(call => call.call === number);
}
