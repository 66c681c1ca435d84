/** Which calls ran beside one another: each is in the lowest lane that is free when it starts. */
import type { Call } from '../../state';

export interface Lanes {
  /** The lane of each call, by its place in the list. */
  readonly of: readonly number[];
  /** The most calls that ran at once. */
  readonly count: number;
}

/** Seconds: times and durations come rounded to four places. */
const ROUNDING = 0.0002;

export function lanesOf(calls: readonly Call[]): Lanes {
  const free: number[] = []; // when each lane is
  const of = calls.map(({ started, seconds }) => {
    const start = started ?? 0;
    const found = free.findIndex(time => time <= start + ROUNDING);
    const lane = found < 0 ? free.length : found;
    free[lane] = start + (seconds ?? Infinity);
    return lane;
  });
  return { of, count: free.length };
}
