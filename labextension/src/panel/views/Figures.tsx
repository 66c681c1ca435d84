/** The figures of a run tree, each beside its bound where the budget has one. */
import type { ComponentChildren, VNode } from 'preact';

import type { RunSource } from '../source';
import type { Run, Totals } from '../state';
import { compact, duration, number, roughUsd, usd } from '../text';
import { clock, useElapsed } from './useClock';

export function Figures(props: {
  source: RunSource;
  run: Run;
  totals: Totals;
}): VNode {
  const { source, run, totals } = props;
  const { started, ended, budget } = run;
  const { input, cached, output } = totals.tokens;
  const { usd: spent, abandoned } = totals;
  const range =
    spent !== null && abandoned
      ? `${usd(spent)} to ${usd(spent + abandoned)}`
      : undefined;
  const running = source.controls !== undefined && run.status === null;
  const seconds = useElapsed(source, started, ended, running);
  return (
    <dl class="rlm-figures">
      {seconds !== null && (
        <Figure
          name="Time"
          used={seconds}
          bound={budget.seconds}
          write={running ? clock : duration}
        />
      )}
      <Figure name="Steps" used={totals.steps} />
      {isBound(budget.calls) && (
        <Figure name="Calls" used={totals.calls} bound={budget.calls} />
      )}
      <Figure
        name="Tokens"
        used={input + output}
        bound={budget.tokens}
        write={compact}
        title={`${number(input)} in (${number(cached)} cached), ${number(output)} out`}
      >
        {!isBound(budget.tokens) &&
          `${compact(input)} in${cached > 0 ? ` (${compact(cached)} cached)` : ''}, ${compact(output)} out`}
      </Figure>
      <Figure
        name="Cost"
        used={totals.usd}
        bound={budget.usd}
        write={usd}
        title={range && 'Requests that were given up may have been charged'}
      >
        {range ?? (totals.calls + totals.cached === 0 && '–')}
      </Figure>
      <Figure name="Sub-calls" used={totals.done}>
        {SUB_CALLS.map(
          key =>
            (totals[key] > 0 || key === 'done') && (
              <span key={key} class={key === 'failed' ? 'rlm-bad' : undefined}>
                {`${key === 'done' ? '' : ', '}${number(totals[key])} ${key === 'planned' ? 'to come' : key}`}
              </span>
            )
        )}
      </Figure>
      {EXTRAS.map(
        ([key, name]) =>
          totals[key] > 0 && <Figure key={key} name={name} used={totals[key]} />
      )}
    </dl>
  );
}

/** What becomes of sub-calls; what is none is left out. */
const SUB_CALLS = [
  'done',
  'running',
  'planned',
  'failed',
  'cancelled'
] as const;

/** What most runs have none of. */
const EXTRAS = [
  ['cached', 'From the store'],
  ['retries', 'Retries']
] as const;

function Figure(props: {
  name: string;
  /** Null is unknown, and never zero. */
  used: number | null;
  bound?: number | null | undefined;
  write?: (value: number) => string;
  title?: string | undefined;
  /** In place of what is used. */
  children?: ComponentChildren;
}): VNode {
  const { name, used, bound, write = number, title, children } = props;
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>
        {children || (used === null ? 'unknown' : write(used))}
        {isBound(bound) && ` of ${(write === usd ? roughUsd : write)(bound)}`}
        {isBound(bound) && used !== null && (
          <Bar name={name} share={bound > 0 ? used / bound : 1} />
        )}
      </dd>
    </div>
  );
}

function Bar({ name, share }: { name: string; share: number }): VNode {
  const percent = Math.round(share * 100);
  const shown = Math.min(percent, 100);
  return (
    <div
      class="rlm-bar"
      role="meter"
      aria-label={`${name}, share of the budget`}
      aria-valuenow={shown}
      aria-valuetext={`${String(percent)} %`}
      data-level={share >= 1 ? 'over' : share >= 0.8 ? 'near' : undefined}
    >
      <div style={{ width: `${String(shown)}%` }} />
    </div>
  );
}

function isBound(bound: number | null | undefined): bound is number {
  return typeof bound === 'number';
}
