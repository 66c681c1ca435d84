/** The child runs of a step, each on one line until it is opened. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { RunSource } from '../source';
import type { Run } from '../state';
import { pathOf, runKey, useStore } from '../store';
import { compact, duration, startOf } from '../text';
import { count } from '../words';
import { Answer } from './Answer';
import { Foldable } from './Foldable';
import { Status } from './Status';
import { Transcript } from './Transcript';
import { clock, useElapsed } from './useClock';
import { isLive, useSource } from './useSource';

/** Lines that are drawn at once. */
const MANY = 50;

export function ChildRuns({ ids }: { ids: readonly string[] }): VNode | null {
  const { source, folds } = useStore();
  const [most, setMost] = useState(MANY);
  useSource(source, ({ tree }) => tree.questions);
  if (ids.length === 0) {
    return null;
  }
  const asks = asking(source);
  // What waits, or was opened on the way to what waits, is there whatever its number.
  const shown = ids.filter(
    (id, place) => place < most || asks.has(id) || folds.get(runKey(id))
  );
  return (
    <div>
      {shown.map(id => (
        <ChildRun key={id} id={id} />
      ))}
      {shown.length < ids.length && (
        <button
          type="button"
          class="rlm-link"
          onClick={() => {
            setMost(most + MANY);
          }}
        >
          {`Show more of ${count(ids.length, 'child run')}`}
        </button>
      )}
    </div>
  );
}

function ChildRun({ id }: { id: string }): VNode | null {
  const { source } = useStore();
  const run = useSource(source, ({ tree }) => tree.runs.get(id));
  const asks = useSource(source, from => asking(from).has(id));
  const live = useSource(source, isLive);
  if (!run) {
    return null;
  }
  return (
    <Foldable
      name={runKey(id)}
      open={asks}
      class="rlm-child"
      head={() => (
        <>
          <span class="rlm-step-summary">{startOf(run.question)}</span>
          <Status run={run} live={live} />
          <RunFigures source={source} run={run} live={live} />
        </>
      )}
    >
      {() => (
        <>
          <Answer run={run} />
          <Transcript run={run} />
        </>
      )}
    </Foldable>
  );
}

function RunFigures(props: {
  source: RunSource;
  run: Run;
  live: boolean;
}): VNode {
  const { source, run, live } = props;
  const running = live && run.status === null;
  const seconds = useElapsed(source, run.started, run.ended, running);
  const calls = run.steps.reduce(
    (sum, step) => sum + step.calls.length + step.omitted,
    0
  );
  const tokens = [...run.steps, ...run.calls].reduce(
    (sum, { tokens }) => sum + (tokens ? tokens.input + tokens.output : 0),
    0
  );
  return (
    <span class="rlm-step-figures">
      <span>{count(run.steps.length, 'step')}</span>
      {calls > 0 && <span>{count(calls, 'sub-call')}</span>}
      {tokens > 0 && <span>{`${compact(tokens)} tokens`}</span>}
      {seconds !== null && (
        <span>{running ? clock(seconds) : duration(seconds)}</span>
      )}
    </span>
  );
}

/** The runs in which somebody has to be asked, at any depth. */
function asking({ tree }: RunSource): ReadonlySet<string> {
  return new Set(
    tree.questions.flatMap(each => pathOf(tree, each).map(([run]) => run))
  );
}
