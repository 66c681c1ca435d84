/** What the states of a run and the strategies of the paper are called. */
import type { Doing, Run } from './state';
import { number } from './text';

const DOING: Readonly<Record<Doing, string>> = {
  starting: 'Starting',
  asking: 'Root model is writing',
  deciding: 'Waiting for approval',
  executing: 'Code is running',
  calling: 'Sub-calls are running'
};

/** "over_budget" as "Over budget" */
export function inWords(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

/** A run whose end is not known, and that does not live, is an unfinished one. */
export function statusWords(run: Run, live: boolean): string {
  if (run.status) {
    return run.status === 'fallback'
      ? 'Best answer so far'
      : inWords(run.status);
  }
  return live ? DOING[run.doing] : 'Unfinished';
}

/** How a run looks at a glance. */
export function tone(
  run: Run,
  live: boolean
): 'good' | 'bad' | 'waiting' | 'running' | 'ended' {
  if (run.status === 'answered') {
    return 'good';
  }
  if (run.status === 'failed' || run.status === 'over_budget') {
    return 'bad';
  }
  if (run.status || !live) {
    return 'ended';
  }
  return run.doing === 'deciding' ? 'waiting' : 'running';
}

/** "1 step", "3 steps" */
export function count(amount: number, word: string): string {
  return `${number(amount)} ${word}${amount === 1 ? '' : 's'}`;
}
