import { useEffect, useState } from 'preact/hooks';

import type { RunSource } from './source';

/** Seconds from `started` to `ended`, or to now, drawn anew each second; null if not known. */
export function useElapsed(
  source: RunSource,
  started: number | null,
  ended: number | null,
  running: boolean
): number | null {
  const [, tick] = useState({});
  const ticking = running && started !== null && ended === null;
  useEffect(() => {
    if (!ticking) {
      return;
    }
    const timer = setInterval(() => {
      tick({});
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [ticking]);
  if (started === null || (ended === null && !running)) {
    return null;
  }
  return Math.max((ended ?? source.now()) - started, 0);
}

/** "0:07", "12:05", "1:02:03" */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const start = hours ? `${String(hours)}:${two(minutes)}` : String(minutes);
  return `${start}:${two(whole % 60)}`;
}
