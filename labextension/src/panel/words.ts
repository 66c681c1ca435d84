/** What the states of a run and the strategies of the paper are called. */
import type { Doing, Fault, Run } from './state';
import { number } from './text';

const DOING: Readonly<Record<Doing, string>> = {
  starting: 'Starting',
  asking: 'Root model is writing',
  deciding: 'Waiting for approval',
  executing: 'Code is running',
  calling: 'Sub-calls are running',
  waiting: 'Waiting for the provider'
};

/** Where the name alone would not be plain. */
const FAULTS: Partial<Record<Fault, string>> = {
  server: 'server error',
  connection: 'no connection',
  reset: 'connection lost',
  truncated: 'broken off',
  malformed: 'unreadable reply',
  empty: 'empty reply',
  failed: 'error'
};

export function faultWords(fault: Fault): string {
  return FAULTS[fault] ?? fault.replace('_', ' ');
}

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
  if (run.status || !live || run.doing === 'waiting') {
    return 'ended';
  }
  return run.doing === 'deciding' ? 'waiting' : 'running';
}

/** "1 step", "3 steps" */
export function count(
  amount: number,
  word: string,
  words = `${word}s`
): string {
  return `${number(amount)} ${amount === 1 ? word : words}`;
}
