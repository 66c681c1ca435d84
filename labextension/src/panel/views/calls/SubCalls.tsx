/** The sub-calls of a step: a few as lines, many as a summary, a timeline and a table. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { RunSource } from '../../source';
import type { Call, Run } from '../../state';
import { number } from '../../text';
import { count } from '../../words';
import { FewCalls } from './FewCalls';
import { InTrace } from './InTrace';
import { ManyCalls } from './ManyCalls';

const FEW = 3;

/** Selects a call, and shows the whole of it or not. */
export type Open = (active: number | null, opened: boolean) => void;

export interface SubCallsProps {
  readonly run: Run;
  /** In the order of their start; the same object as long as none of them has changed. */
  readonly calls: readonly Call[];
  /** Further calls that the source has no room for. */
  readonly omitted: number;
  /** Prompts that got the reply of one of these calls. */
  readonly repeats?: number;
  readonly source: RunSource;
}

export function SubCalls(props: SubCallsProps): VNode | null {
  const { run, calls, omitted, repeats = 0, source } = props;
  const [active, setActive] = useState<number | null>(null);
  const [opened, setOpened] = useState(false);
  const open: Open = (call, whole) => {
    setActive(call);
    setOpened(whole);
  };
  if (calls.length + omitted === 0) {
    return null;
  }
  return (
    <div class="rlm-calls">
      {calls.length > FEW ? (
        <ManyCalls
          run={run}
          calls={calls}
          repeats={repeats}
          source={source}
          active={active}
          opened={opened}
          onOpen={open}
        />
      ) : (
        calls.length > 0 && (
          <FewCalls
            calls={calls}
            source={source}
            opened={opened ? active : null}
            onToggle={({ call }) => {
              open(call, !(opened && call === active));
            }}
          />
        )
      )}
      {repeats > 0 && calls.length <= FEW && (
        <p>{`${count(repeats, 'repeat')} not sent`}</p>
      )}
      {omitted > 0 && (
        <p>
          {`${number(omitted)} ${calls.length > 0 ? 'more ' : ''}${omitted === 1 ? 'sub-call is' : 'sub-calls are'} only in the trace file`}
          <InTrace source={source} />
        </p>
      )}
    </div>
  );
}
