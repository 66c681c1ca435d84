/** The head of a panel: what is asked, how far it is, what it has cost, and how to end it. */
import type { VNode } from 'preact';

import type { RunSource } from '../source';
import type { Run, Tree } from '../state';
import { goTo, questionKey, useStore } from '../store';
import { plain } from '../text';
import { Figures } from './Figures';
import { Status } from './Status';

export function Header({ source, run }: HeaderProps): VNode {
  const { controls, tree } = source;
  // A child run asks for the whole of the tree.
  const asks = tree.questions.length > 0;
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
          run={asks ? { ...run, doing: 'deciding' } : run}
          live={controls !== undefined}
          announced
        />
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

/** How many blocks wait for a person, and the way to the next one. */
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
