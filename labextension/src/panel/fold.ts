/** Computes what a panel shows from the events of a run: everything that a view knows is here. */
import { Draft } from './fold/draft';
import {
  batchStarted,
  callFinished,
  callHedged,
  callRetried,
  callStarted
} from './fold/calls';
import { addOmitted } from './fold/costs';
import { text } from './fold/read';
import { runFinished, runStarted, settleDoing } from './fold/runs';
import {
  codeDecided,
  codeExecuted,
  codeProposed,
  rootFailed,
  rootReplied,
  rootRequested,
  rootStreamed
} from './fold/steps';
import { spendDecided, spendProposed } from './fold/spends';
import type { AnyEvent, Omitted } from './protocol';
import type { Tree } from './state';

export const emptyTree: Tree = {
  seq: 0,
  root: null,
  runs: new Map(),
  totals: {
    steps: 0,
    running: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    cached: 0,
    retries: 0,
    planned: 0,
    children: 0,
    calls: 0,
    tokens: { input: 0, cached: 0, output: 0 },
    usd: 0,
    abandoned: 0
  },
  questions: [],
  waits: [],
  notices: []
};

/** `tree` with `events` folded in, and with the sub-calls that a saved record has no room for. */
export function fold(
  tree: Tree,
  events: readonly AnyEvent[],
  omitted: readonly Omitted[] = []
): Tree {
  const draft = new Draft(tree);
  for (const event of events) {
    if (event.seq > draft.tree.seq) {
      draft.tree.seq = event.seq;
      FOLDS.get(event.type)?.(draft, event as never);
    }
  }
  for (const calls of omitted) {
    addOmitted(draft, calls);
  }
  settleDoing(draft);
  return draft.tree;
}

type Folds = {
  [T in AnyEvent['type']]: (
    draft: Draft,
    event: Extract<AnyEvent, { type: T }>
  ) => void;
};

const FOLDS = new Map<string, (draft: Draft, event: never) => void>(
  Object.entries({
    run_started: runStarted,
    root_requested: rootRequested,
    root_streamed: rootStreamed,
    root_replied: rootReplied,
    root_failed: rootFailed,
    call_retried: callRetried,
    call_hedged: callHedged,
    code_proposed: codeProposed,
    code_decided: codeDecided,
    code_executed: codeExecuted,
    observed: () => undefined,
    batch_started: batchStarted,
    spend_proposed: spendProposed,
    spend_decided: spendDecided,
    sub_call_started: callStarted,
    sub_call_finished: callFinished,
    notice({ tree }, event) {
      tree.notices = [...tree.notices, text(event.text) ?? ''];
    },
    run_finished: runFinished
  } satisfies Folds)
);
