/** Sub-calls: batches, their starts and ends, and requests that are sent again. */
import type {
  BatchStarted,
  CallHedged,
  CallRetried,
  SubCallFinished,
  SubCallStarted
} from '../protocol';
import type { Call, Fault, Run } from '../state';
import { abandoned, answered } from './costs';
import type { Draft, Writable } from './draft';
import { flag, name, names, number, text, tokens } from './read';

export function batchStarted(draft: Draft, event: BatchStarted): void {
  const calls = number(event.calls) ?? 0;
  if (!flag(event.children) && calls > 0) {
    const step = draft.step(draft.run(event.run), event.step);
    step.planned += calls;
    step.repeats += number(event.repeats) ?? 0;
    draft.totals.planned += calls;
  }
}

export function callStarted(draft: Draft, event: SubCallStarted): void {
  const run = draft.run(event.run);
  const call = begin(draft, run, event.step, event.call, event.seq);
  call.model = name(event.model) ?? '';
  call.atLimit = flag(event.at_limit);
  call.prompt = text(event.prompt) ?? '';
  call.images = names(event.images);
  call.parameters = Object.entries((event.parameters ?? {}) as object).map(
    ([key, value]) => `${key} ${JSON.stringify(value)}`
  );
  call.started = number(event.time);
  const step = draft.step(run, event.step);
  if (number(event.batch) !== null && step.planned > 0) {
    step.planned -= 1;
    draft.totals.planned -= 1;
  }
}

/** The root model's request, or a sub-call's. */
export function callRetried(draft: Draft, event: CallRetried): void {
  const { run, fault } = event;
  const call = number(event.call);
  endWait(draft, run, call);
  draft.append(draft.tree, 'waits', {
    run,
    call,
    fault,
    until: (number(event.time) ?? 0) + (number(event.wait) ?? 0)
  });
  if (call !== null) {
    const own = callOf(draft, event, call);
    own.retries += 1;
    draft.totals.retries += 1;
    own.faults = withFault(own.faults, fault);
  }
}

export function callHedged(draft: Draft, event: CallHedged): void {
  callOf(draft, event, event.call).hedged = true;
}

/** The request of `call`, or the root model's, has an end, or is sent again. */
export function endWait(
  { tree }: Draft,
  run: string,
  call: number | null
): void {
  if (tree.waits.some(wait => wait.run === run && wait.call === call)) {
    tree.waits = tree.waits.filter(
      wait => wait.run !== run || wait.call !== call
    );
  }
}

export function callFinished(draft: Draft, event: SubCallFinished): void {
  const call = callOf(draft, event, event.call);
  const totals = draft.totals;
  const retries = number(event.retries) ?? 0;
  endWait(draft, event.run, event.call);
  totals.retries += retries - call.retries;
  call.retries = retries;
  totals[call.status] -= 1;
  call.reply = text(event.reply);
  call.error = text(event.error);
  call.faults = withFault(call.faults, event.fault);
  call.cutOff = flag(event.cut_off);
  call.hedged ||= flag(event.hedged);
  call.seconds = number(event.seconds);
  call.replySeq = event.seq;
  if (call.reply === null) {
    call.status = flag(event.cancelled) ? 'cancelled' : 'failed';
  } else {
    call.status = 'done';
    call.cached = flag(event.cached);
    call.tokens = tokens(!call.cached && event.tokens);
    call.usd = call.cached ? 0 : number(event.usd);
    answered(draft, call.cached, call.tokens, call.usd);
  }
  totals[call.status] += 1;
  abandoned(draft, event.abandoned);
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

function begin(
  draft: Draft,
  run: Writable<Run>,
  step: number,
  number: number,
  seq: number
): Writable<Call> {
  const place = draft.append(run, 'calls', {
    call: number,
    model: '',
    atLimit: false,
    status: 'running',
    prompt: '',
    reply: null,
    error: null,
    faults: [],
    cached: false,
    cutOff: false,
    hedged: false,
    retries: 0,
    images: [],
    parameters: [],
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

/** The call that an event is about, which may be one whose beginning is missing. */
function callOf(
  draft: Draft,
  event: { run: string; step: number; seq: number },
  number: number
): Writable<Call> {
  const run = draft.run(event.run);
  const place = placeOf(run.calls, number);
  return place < 0
    ? begin(draft, run, event.step, number, event.seq)
    : draft.call(run, place);
}

/** Each is told once. */
function withFault(
  faults: readonly Fault[],
  fault: Fault | null | undefined
): readonly Fault[] {
  return !fault || faults.includes(fault) ? faults : [...faults, fault];
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
