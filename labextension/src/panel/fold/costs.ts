/** What replies cost, and what is told in sum of those that a record has no room for. */
import type { Omitted } from '../protocol';
import type { Tokens } from '../state';
import type { Draft } from './draft';
import { addTokens, addUsd, number, tokens } from './read';

/** Counts a reply, of a model or from the store. */
export function answered(
  draft: Draft,
  cached: boolean,
  used: Tokens,
  usd: number | null
): void {
  if (cached) {
    draft.totals.cached += 1;
  } else {
    paid(draft, 1, used, usd);
  }
}

/** Counts what requests without a reply may have cost. */
export function abandoned(draft: Draft, value: unknown): void {
  if (value) {
    const { usd } = value as Record<string, unknown>;
    draft.totals.abandoned = addUsd(
      draft.totals.abandoned,
      usd === undefined ? 0 : number(usd)
    );
  }
}

/** Counts `calls` answered model calls. */
function paid(
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

/** A step that stands for those that were left out has no reply of its own. */
export function addOmitted(draft: Draft, omitted: Omitted): void {
  const amount = (
    key:
      'calls' | 'failed' | 'cancelled' | 'cached' | 'retries' | 'runs' | 'steps'
  ): number => number(omitted[key]) ?? 0;
  const calls = amount('calls');
  const failed = amount('failed');
  const cancelled = amount('cancelled');
  const cached = amount('cached');
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
  totals.cached += cached;
  totals.retries += amount('retries');
  totals.children += runs;
  totals.steps += steps && step.replySeq === null ? steps - 1 : steps;
  paid(draft, done + steps - cached, tokens(omitted.tokens), usd);
  abandoned(draft, omitted.abandoned);
}
