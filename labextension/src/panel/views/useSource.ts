/** What a view reads of a source: it draws anew when that, and nothing else, has changed. */
import { useEffect, useRef, useState } from 'preact/hooks';

import type { RunSource } from '../source';

export function useSource<T>(
  source: RunSource,
  select: (source: RunSource) => T
): T {
  const latest = useRef(select);
  latest.current = select;
  const [, draw] = useState(() => select(source));
  useEffect(() => {
    const read = (): void => {
      draw(() => latest.current(source));
    };
    read();
    return source.subscribe(read);
  }, [source]);
  return select(source);
}

/** Whether the run can be steered from here. */
export const isLive = ({ controls }: RunSource): boolean =>
  controls !== undefined;
