/** Computes what a panel shows from the events of a run: everything that a view knows is here. */
import { Draft } from './fold/draft';
import {
  addOmitted,
  batchStarted,
  callFinished,
  callStarted
} from './fold/calls';
import { text } from './fold/read';
import { runFinished, runStarted, settleDoing } from './fold/runs';
import {
  codeDecided,
  codeExecuted,
  codeProposed,
  rootReplied,
  rootRequested,
  rootStreamed
} from './fold/steps';
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
    usd: 0
  },
  questions: [],
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
      add(draft, event);
    }
  }
  for (const calls of omitted) {
    addOmitted(draft, calls);
  }
  settleDoing(draft);
  return draft.tree;
}

function add(draft: Draft, event: AnyEvent): void {
  switch (event.type) {
    case 'run_started':
      runStarted(draft, event);
      break;
    case 'root_requested':
      rootRequested(draft, event);
      break;
    case 'root_streamed':
      rootStreamed(draft, event);
      break;
    case 'root_replied':
      rootReplied(draft, event);
      break;
    case 'code_proposed':
      codeProposed(draft, event);
      break;
    case 'code_decided':
      codeDecided(draft, event);
      break;
    case 'code_executed':
      codeExecuted(draft, event);
      break;
    case 'observed':
      break;
    case 'batch_started':
      batchStarted(draft, event);
      break;
    case 'sub_call_started':
      callStarted(draft, event);
      break;
    case 'sub_call_finished':
      callFinished(draft, event);
      break;
    case 'notice':
      draft.tree.notices = [...draft.tree.notices, text(event.text) ?? ''];
      break;
    case 'run_finished':
      runFinished(draft, event);
      break;
  }
}
