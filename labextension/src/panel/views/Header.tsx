/** The head of a panel: what is asked, how far it is, what it has cost, and how to end it. */
import type { VNode } from 'preact';

import type { RunSource } from '../source';
import type { Run, Tree, Wait } from '../state';
import { goTo, questionKey, useStore } from '../store';
import { number, plain } from '../text';
import { faultWords } from '../words';
import { Figures } from './Figures';
import { Status } from './Status';
import { useSeconds } from './useClock';

export function Header({ source, run }: HeaderProps): VNode {
  const { controls, tree } = source;
  // A child run asks, or waits, for the whole of the tree.
  const asks = tree.questions.length > 0;
  useSeconds(controls !== undefined && tree.waits.length > 0);
  const waits = tree.waits.filter(({ until }) => until - source.now() > 0.5);
  const doing = asks
    ? 'deciding'
    : waits.length > 0 && waits.length === inFlight(tree)
      ? 'waiting'
      : run.doing;
  const question = plain(run.question);
  return (
    <header class="rlm-header">
      <div class="rlm-title">
        <h2 title={question}>{question}</h2>
        {controls && run.status === null && (
          <button
            type="button"
            class="rlm-button rlm-stop"
            disabled={controls.stopping}
            onClick={() => {
              controls.stop();
            }}
          >
            {controls.stopping ? 'Stopping…' : 'Stop'}
          </button>
        )}
      </div>
      <p class="rlm-subtitle">
        <Status
          run={{ ...run, doing }}
          live={controls !== undefined}
          announced
        />
        {controls && !asks && waits.length > 0 && (
          <span class="rlm-models">{waitWords(waits, source.now())}</span>
        )}
        {controls && <Waiting tree={tree} />}
        <Models run={run} />
      </p>
      <Figures source={source} run={run} totals={tree.totals} />
      {tree.notices.length > 0 && (
        <div class="rlm-notices">
          {tree.notices.map((notice, place) => (
            <p key={place}>{plain(notice)}</p>
          ))}
        </div>
      )}
    </header>
  );
}

/** Requests that have been sent and have no end. */
function inFlight({ runs, totals }: Tree): number {
  const asking = [...runs.values()].filter(
    ({ status, doing }) => !status && doing === 'asking'
  );
  return totals.running + asking.length;
}

/** "rate limit: next try in 12 s", "rate limit: 14 calls wait up to 12 s" */
function waitWords(waits: readonly Wait[], now: number): string {
  const [longest] = [...waits].sort((a, b) => b.until - a.until);
  if (!longest) {
    return '';
  }
  const seconds = `${number(longest.until - now)} s`;
  return `${faultWords(longest.fault)}: ${waits.length === 1 ? `next try in ${seconds}` : `${number(waits.length)} calls wait up to ${seconds}`}`;
}

interface HeaderProps {
  source: RunSource;
  run: Run;
}

function Models({ run }: { run: Run }): VNode {
  return (
    <span class="rlm-models">
      {run.model}
      {run.subModel &&
        (run.subModel === run.model
          ? ' for root and sub-calls'
          : `, sub-calls ${run.subModel}`)}
      {run.context && run.context.length > 0 && (
        <>
          {' on '}
          <code>{run.context.join(', ')}</code>
        </>
      )}
    </span>
  );
}

/** How many questions wait for a person, and the way to the next one. */
function Waiting({ tree }: { tree: Tree }): VNode | null {
  const store = useStore();
  const { questions } = tree;
  if (questions.length === 0) {
    return null;
  }
  const next = (): void => {
    const last = questions.findIndex(
      each => questionKey(each) === store.wanted
    );
    const question = questions[(last + 1) % questions.length];
    if (question) {
      goTo(store, question);
    }
  };
  return (
    <button type="button" class="rlm-link" onClick={next}>
      {questions.length === 1
        ? 'Go to approval'
        : `Next of ${String(questions.length)} approvals`}
    </button>
  );
}
