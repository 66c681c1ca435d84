/** What a view reads of a source: it draws anew when that, and nothing else, has changed. */
import { useEffect, useState } from 'preact/hooks';

import type { RunSource } from './source';

export function useSource<T>(
  source: RunSource,
  select: (source: RunSource) => T
): T {
  const selected = select(source);
  const [, drawn] = useState(() => selected);
  useEffect(() => {
    const read = (): void => {
      drawn(() => select(source));
    };
    read();
    return source.subscribe(read);
  }, [source, select]);
  return selected;
}

/** Whether the run can be steered from here. */
export const isLive = ({ controls }: RunSource): boolean =>
  controls !== undefined;
