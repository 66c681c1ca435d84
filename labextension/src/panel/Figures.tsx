/** The figures of a run tree, each beside its bound where the budget has one. */
import type { ComponentChildren, VNode } from 'preact';

import type { RunSource } from './source';
import type { Run, Totals } from './state';
import { compact, duration, number, usd } from './text';
import { clock, useElapsed } from './useClock';

export function Figures(props: {
  source: RunSource;
  run: Run;
  totals: Totals;
}): VNode {
  const { run, totals } = props;
  const { budget } = run;
  const { input, cached, output } = totals.tokens;
  return (
    <dl class="rlm-figures">
      <Elapsed {...props} />
      <Figure name="Steps">{number(totals.steps)}</Figure>
      {isBound(budget.calls) && (
        <Figure name="Calls" used={totals.calls} bound={budget.calls}>
          {`${number(totals.calls)} of ${number(budget.calls)}`}
        </Figure>
      )}
      <Figure
        name="Tokens"
        used={input + output}
        bound={budget.tokens}
        title={`${number(input)} in (${number(cached)} cached), ${number(output)} out`}
      >
        {isBound(budget.tokens)
          ? `${compact(input + output)} of ${compact(budget.tokens)}`
          : `${compact(input)} in, ${compact(output)} out`}
      </Figure>
      <Figure
        name="Cost"
        used={totals.usd ?? 0}
        bound={totals.usd === null ? null : budget.usd}
      >
        {cost(totals)}
        {isBound(budget.usd) &&
          `${totals.usd === null ? ', budget' : ' of'} ${usd(budget.usd).replace(/(\.\d\d)00$/, '$1')}`}
      </Figure>
      <Figure name="Sub-calls">
        <SubCallCounts totals={totals} />
      </Figure>
    </dl>
  );
}

function Elapsed({
  source,
  run
}: {
  source: RunSource;
  run: Run;
}): VNode | null {
  const running = source.controls !== undefined && run.status === null;
  const seconds = useElapsed(source, run.started, run.ended, running);
  const { seconds: bound } = run.budget;
  if (seconds === null) {
    return null;
  }
  return (
    <Figure name="Time" used={seconds} bound={bound}>
      {running ? clock(seconds) : duration(seconds)}
      {isBound(bound) && ` of ${running ? clock(bound) : duration(bound)}`}
    </Figure>
  );
}

/** "120 done, 5 running, 1 failed, 30 cached"; what is none is left out. */
function SubCallCounts({ totals }: { totals: Totals }): VNode {
  const { done, running, planned, failed, cancelled, cached } = totals;
  const counts: [count: number, word: string][] = [
    [running, 'running'],
    [planned, 'to come'],
    [failed, 'failed'],
    [cancelled, 'cancelled'],
    [cached, 'cached']
  ];
  return (
    <>
      {number(done)} done
      {counts.map(
        ([count, word]) =>
          count > 0 && (
            <span key={word} class={word === 'failed' ? 'rlm-bad' : undefined}>
              {`, ${number(count)} ${word}`}
            </span>
          )
      )}
    </>
  );
}

function Figure(props: {
  name: string;
  used?: number;
  bound?: number | null | undefined;
  title?: string;
  children: ComponentChildren;
}): VNode {
  const { name, used = 0, bound, title, children } = props;
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>
        {children}
        {isBound(bound) && <Bar name={name} share={share(used, bound)} />}
      </dd>
    </div>
  );
}

function Bar({ name, share }: { name: string; share: number }): VNode {
  const percent = Math.round(share * 100);
  return (
    <div
      class="rlm-bar"
      role="meter"
      aria-label={`${name}, share of the budget`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(percent, 100)}
      aria-valuetext={`${String(percent)} %`}
      data-level={share >= 1 ? 'over' : share >= 0.8 ? 'near' : undefined}
    >
      <div style={{ width: `${String(Math.min(percent, 100))}%` }} />
    </div>
  );
}

/** What the answered calls cost: nothing is said before the first, and unknown is never zero. */
function cost({ usd: value, calls }: Totals): string {
  if (value === null) {
    return 'price unknown';
  }
  return calls === 0 ? '–' : usd(value);
}

function isBound(bound: number | null | undefined): bound is number {
  return typeof bound === 'number';
}

function share(used: number, bound: number): number {
  return bound > 0 ? used / bound : 1;
}
