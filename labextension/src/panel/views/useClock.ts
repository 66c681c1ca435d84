import { useEffect, useState } from 'preact/hooks';

import type { RunSource } from '../source';

/** Draws anew each second while `ticking`; returns how often it did. */
export function useSeconds(ticking: boolean): number {
  const [seconds, tick] = useState(0);
  useEffect(() => {
    if (ticking) {
      const timer = setInterval(tick, 1000, (count: number) => count + 1);
      return () => {
        clearInterval(timer);
      };
    }
    return undefined;
  }, [ticking]);
  return seconds;
}

/** Seconds from `started` to `ended`, or to now, drawn anew each second; null if not known. */
export function useElapsed(
  source: RunSource,
  started: number | null,
  ended: number | null,
  running: boolean
): number | null {
  useSeconds(running && started !== null && ended === null);
  return started === null || (ended === null && !running)
    ? null
    : Math.max((ended ?? source.now()) - started, 0);
}

/** "0:07", "12:05", "1:02:03" */
export function clock(seconds: number): string {
  const [hours = '', minutes = '', rest = ''] = [3600, 60, 1].map(unit =>
    String(Math.floor(seconds / unit) % (unit === 3600 ? Infinity : 60))
  );
  const two = (text: string): string => text.padStart(2, '0');
  return hours === '0'
    ? `${minutes}:${two(rest)}`
    : `${hours}:${two(minutes)}:${two(rest)}`;
}
