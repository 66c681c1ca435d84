/** The steps of a run, one under the other. */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';

import type { Run, Step } from '../state';
import { pathOf, useStore } from '../store';
import { visible } from '../text';
import { Foldable } from './Foldable';
import { LongText } from './LongText';
import { StepView } from './StepView';
import { useSource } from './useSource';

export function Transcript({ run }: { run: Run }): VNode {
  return (
    <div>
      {run.description && (
        <Foldable
          name={`told ${run.id}`}
          open={false}
          class="rlm-aside rlm-told"
          head={() => 'What the model was told'}
        >
          {() => (
            <LongText text={run.description} seq={null}>
              {text => <pre class="rlm-output">{visible(text)}</pre>}
            </LongText>
          )}
        </Foldable>
      )}
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
    </div>
  );
}

/** A step is drawn anew only when what belongs to it has changed. */
function StepItem(props: { run: Run; step: Step; last: boolean }): VNode {
  const { run, step, last } = props;
  const { source } = useStore();
  const calls = useSame(step.calls.flatMap(place => run.calls[place] ?? []));
  const asks = useSource(source, ({ tree }) =>
    tree.questions.some(question =>
      pathOf(tree, question).some(
        ([id, number]) => id === run.id && number === step.number
      )
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
