import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { mountPanel } from '../panel';
import type { RunSource } from '../panel/source';
import { preview, usd } from '../panel/text';
import { statusWords, tone } from '../panel/words';
import type { Listed } from './listing';

interface Actions {
  /** Goes to the cell of the run, or shows its panel here where there is none. */
  readonly go: (run: Listed) => void;
  readonly openTrace: ((path: string) => void) | null;
}

interface Props extends Actions {
  readonly runs: readonly Listed[];
  /** The key of the run that is shown here. */
  readonly open: string | null;
}

/** The runs of a notebook: question, status and cost of each. */
export function RunsList({ runs, open, ...actions }: Props): VNode {
  if (runs.length === 0) {
    return (
      <p class="rlm-Runs-none">
        No runs yet. A cell that begins with <code>%%rlm</code> asks a question
        about the variables of its notebook.
      </p>
    );
  }
  return (
    <ol class="rlm-Runs-list">
      {runs.map(run => (
        <Item
          key={run.key}
          run={run}
          open={run.cell === null && run.key === open}
          {...actions}
        />
      ))}
    </ol>
  );
}

function Item({
  run,
  open,
  go,
  openTrace
}: Actions & { run: Listed; open: boolean }): VNode | null {
  const { source, cell, live } = run;
  const { tree, trace } = source;
  const root = tree.runs.get(tree.root ?? '');
  if (!root) {
    return null;
  }
  const waits = live !== null && tree.questions.length > 0;
  const lives = source.controls !== undefined;
  const cost = tree.totals.usd;
  return (
    <li class="rlm-Runs-item" data-tone={waits ? 'waiting' : tone(root, lives)}>
      <button
        type="button"
        class="rlm-Runs-go"
        title={cell === null ? 'Show the run here' : 'Go to the cell'}
        aria-expanded={cell === null ? open : undefined}
        onClick={() => {
          go(run);
        }}
      >
        <span class="rlm-Runs-question">{preview(root.question)}</span>
        <span class="rlm-Runs-facts">
          <span class="rlm-Runs-status">
            {waits ? 'Waiting for approval' : statusWords(root, lives)}
          </span>
          <span>{cost === null ? 'cost unknown' : usd(cost)}</span>
        </span>
      </button>
      {trace !== undefined && openTrace && (
        <button
          type="button"
          class="rlm-Runs-trace"
          title="Open the trace of this run"
          onClick={() => {
            openTrace(trace);
          }}
        >
          Trace
        </button>
      )}
      {open && <Panel source={source} />}
    </li>
  );
}

function Panel({ source }: { source: RunSource }): VNode {
  const node = useRef<HTMLDivElement>(null);
  useEffect(
    () => (node.current ? mountPanel(node.current, source) : undefined),
    [source]
  );
  return <div class="rlm-Runs-panel" ref={node} />;
}
