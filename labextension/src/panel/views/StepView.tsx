/** A step: what the root model says, the code it writes, and all that comes of it. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';

import { Markdown } from '../formats/markdown';
import { arrange, callsByBlock, type Part, summary } from '../parts';
import type { Call, Run, Step } from '../state';
import { stepKey, useStore } from '../store';
import { compact, duration, number, usd as formatUsd } from '../text';
import { count, faultWords, inWords } from '../words';
import { BlockView } from './BlockView';
import { SubCalls } from './calls';
import { ChildRuns } from './ChildRuns';
import { Foldable } from './Foldable';
import { LongCode } from './LongCode';
import { isLive, useSource } from './useSource';

export interface StepProps {
  run: Run;
  step: Step;
  calls: readonly Call[];
  last: boolean;
  /** Whether somebody has to be asked in it, or in a child run of it. */
  asks: boolean;
}

export function StepView(props: StepProps): VNode {
  const { run, step, last, asks } = props;
  const parts = useMemo(() => arrange(step), [step.reply, step.blocks]);
  return (
    <li class="rlm-step">
      <Foldable
        name={stepKey(run.id, step.number)}
        open={last || asks}
        class="rlm-step-fold"
        head={open => (
          <>
            <span class="rlm-unseen">{`Step ${String(step.number)}, `}</span>
            <span class="rlm-step-number" aria-hidden="true">
              {step.number}
            </span>
            <span class="rlm-step-summary">{open ? '' : summary(parts)}</span>
            <Strategies step={step} />
            <StepFigures step={step} />
          </>
        )}
      >
        {() => <Body {...props} parts={parts} />}
      </Foldable>
    </li>
  );
}

function Body(props: StepProps & { parts: readonly Part[] }): VNode {
  const { run, step, calls, parts } = props;
  const { source } = useStore();
  const live = useSource(source, isLive) && run.status === null;
  const own = useMemo(
    () => callsByBlock(step.blocks, calls),
    [step.blocks, calls]
  );
  const lastBlock = step.blocks.at(-1);
  const writing = live && step.replySeq === null && !step.fault;
  const subCalls = (some: readonly Call[] = [], last: boolean): VNode => (
    <SubCalls
      run={run}
      calls={some}
      omitted={last ? step.omitted : 0}
      repeats={last ? step.repeats : 0}
      source={source}
    />
  );
  return (
    <>
      {parts.map((part, place) => {
        switch (part.kind) {
          case 'words':
            return <Markdown key={place} text={part.text} />;
          case 'fence':
            return <LongCode key={place} text={part.text} seq={null} />;
          case 'block': {
            const { block } = part;
            const isLast = block === lastBlock;
            return (
              <BlockView
                key={place}
                question={{
                  run: run.id,
                  step: step.number,
                  block: block.block
                }}
                block={block}
                spends={step.spends}
                live={live}
              >
                {subCalls(own[part.place], isLast)}
                {isLast && <ChildRuns ids={step.children} />}
              </BlockView>
            );
          }
        }
      })}
      {!lastBlock && subCalls(calls, true)}
      {!lastBlock && <ChildRuns ids={step.children} />}
      {step.replySeq === null && (
        <More amount={step.omittedSteps} word="step" />
      )}
      <More amount={step.omittedRuns} word="child run" />
      {step.fault && (
        <p class="rlm-note rlm-bad">{`No reply: ${faultWords(step.fault)}`}</p>
      )}
      {writing && <p class="rlm-writing" aria-hidden="true" />}
    </>
  );
}

/** What only the trace file has room for. */
function More(props: { amount: number; word: string }): VNode | null {
  return props.amount > 0 ? (
    <p class="rlm-note">
      {`… and ${count(props.amount, props.word)} in the trace file`}
    </p>
  ) : null;
}

function Strategies({ step }: { step: Step }): VNode {
  const seen = step.blocks.flatMap(block => block.executed?.strategies ?? []);
  return (
    <span class="rlm-strategies">
      {[...new Set(seen)].map(strategy => (
        <span key={strategy}>{inWords(strategy)}</span>
      ))}
    </span>
  );
}

/** "500 sub-calls · 1.2k tokens · 2.1 s", the tokens being those of the root model. */
function StepFigures({ step }: { step: Step }): VNode {
  const { tokens, seconds, usd, retries, cached, cutOff } = step;
  const calls = step.calls.length + step.omitted;
  const runs = step.children.length + step.omittedRuns;
  const times = [seconds, ...step.blocks.map(each => each.executed?.seconds)];
  const known = times.filter(time => typeof time === 'number');
  return (
    <span
      class="rlm-step-figures"
      title={
        usd === null
          ? undefined
          : `Root model: ${formatUsd(usd)}, ${number(tokens?.cached ?? 0)} tokens cached`
      }
    >
      {calls > 0 && <span>{count(calls, 'sub-call')}</span>}
      {runs > 0 && <span>{count(runs, 'child run')}</span>}
      {retries > 0 && <span>{count(retries, 'retry', 'retries')}</span>}
      {cutOff && <span class="rlm-bad">cut off</span>}
      {cached && <span>from the store</span>}
      {tokens && (
        <span>{`${compact(tokens.input + tokens.output)} tokens`}</span>
      )}
      {known.length > 0 && (
        <span>{duration(known.reduce((sum, time) => sum + time, 0))}</span>
      )}
    </span>
  );
}
