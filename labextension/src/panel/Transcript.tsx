/** The steps of a run, one under the other. */
import type { VNode } from 'preact';
import { useCallback, useMemo, useRef } from 'preact/hooks';

import type { RunSource } from './source';
import type { Run, Step } from './state';
import { StepView } from './StepView';
import { pathOf, useStore } from './store';
import { useSource } from './useSource';

export function Transcript({ run }: { run: Run }): VNode {
  return (
    <ol class="rlm-steps">
      {run.steps.map((step, place) => (
        <StepItem
          key={step.number}
          run={run}
          step={step}
          last={place === run.steps.length - 1}
        />
      ))}
    </ol>
  );
}

/** A step is drawn anew only when what belongs to it has changed. */
function StepItem(props: { run: Run; step: Step; last: boolean }): VNode {
  const { run, step, last } = props;
  const { source } = useStore();
  const calls = useSame(step.calls.flatMap(place => run.calls[place] ?? []));
  const asks = useSource(
    source,
    useCallback(
      ({ tree }: RunSource) => {
        return tree.questions.some(question =>
          pathOf(tree, question).some(
            ([id, number]) => id === run.id && number === step.number
          )
        );
      },
      [run.id, step.number]
    )
  );
  const { status } = run;
  // The rest of `run` is of other steps.
  return useMemo(
    () => (
      <StepView run={run} step={step} calls={calls} last={last} asks={asks} />
    ),
    [run.id, status, step, calls, last, asks]
  );
}

/** `list`, or the one of the last time where it holds the same. */
function useSame<T>(list: readonly T[]): readonly T[] {
  const last = useRef(list);
  if (
    last.current.length !== list.length ||
    list.some((item, place) => item !== last.current[place])
  ) {
    last.current = list;
  }
  return last.current;
}
