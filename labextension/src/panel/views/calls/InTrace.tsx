import type { VNode } from 'preact';

import type { RunSource } from '../../source';

/** The end of a sentence that says what is in the trace file: its path, where it is known. */
export function InTrace({ source }: { source: RunSource }): VNode {
  return source.trace === undefined ? (
    <>.</>
  ) : (
    <>
      : <code>{source.trace}</code>
    </>
  );
}
