/** What the runs that live are doing, and which of them a command is meant for. */
import type { LiveRun } from '../panel/page';

/** Whether a block of code of the run waits for a person. */
export function isWaiting({ source }: LiveRun): boolean {
  return source.controls !== undefined && source.tree.questions.length > 0;
}

export function isRunning({ source }: LiveRun): boolean {
  return source.controls !== undefined;
}

/** The run of the active cell, where it fits; else the first that fits. */
export function choose(
  runs: readonly LiveRun[],
  cell: string | undefined,
  fits: (run: LiveRun) => boolean
): LiveRun | undefined {
  const fitting = runs.filter(fits);
  return fitting.find(run => run.cell === cell) ?? fitting[0];
}

/** The waiting run behind that of the active cell; behind the last comes the first. */
export function nextWaiting(
  runs: readonly LiveRun[],
  cell: string | undefined
): LiveRun | undefined {
  const waiting = runs.filter(isWaiting);
  const at = waiting.findIndex(run => run.cell === cell);
  return waiting[(at + 1) % waiting.length];
}
