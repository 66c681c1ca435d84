/** A text that may have come cut: its start and end, and the rest where it can be fetched. */
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { AnyEvent } from './protocol';
import type { Text } from './state';
import { useStore } from './store';
import { isCut, lengthOf, number } from './text';

export interface Full {
  readonly text: Text;
  /** Fetches the whole text; absent where there is no more, or none to be had. */
  readonly load: (() => void) | undefined;
  readonly state: 'idle' | 'loading' | 'failed';
}

/** `text`, or the whole of it as soon as `load` has fetched the event `seq` that holds it. */
export function useFull(
  text: Text,
  seq: number | null,
  pick: (event: AnyEvent) => unknown
): Full {
  const { source } = useStore();
  const [full, setFull] = useState<{ of: Text; text: Text } | null>(null);
  const [state, setState] = useState<Full['state']>('idle');
  const fetched = full?.of === text;
  const { fetch } = source;
  if (!isCut(text) || !fetch || seq === null || fetched) {
    return { text: fetched ? full.text : text, load: undefined, state: 'idle' };
  }
  const load = (): void => {
    setState('loading');
    fetch
      .call(source, seq)
      .then(event => {
        const picked = pick(event) as Text | null | undefined;
        setFull({ of: text, text: picked ?? text });
        setState('idle');
      })
      .catch(() => {
        setState('failed');
      });
  };
  return { text, load: state === 'loading' ? undefined : load, state };
}

export function LongText(props: {
  text: Text;
  seq: number | null;
  pick?: (event: AnyEvent) => unknown;
  /** The true length, where not even the whole event holds all. */
  chars?: number;
  children: (text: string) => ComponentChildren;
}): VNode {
  const { seq, pick = () => null, chars, children } = props;
  const { text, load, state } = useFull(props.text, seq, pick);
  const all = Math.max(chars ?? 0, lengthOf(text));
  const start = isCut(text) ? text.start : text;
  return (
    <>
      {start && children(start)}
      {(isCut(text) || all > text.length) && (
        <p class="rlm-gap">
          {`… ${number(all)} characters in all`}
          {load && (
            <button type="button" class="rlm-link" onClick={load}>
              {state === 'failed' ? 'Try again' : 'Show all'}
            </button>
          )}
          {state === 'loading' && ' Loading…'}
        </p>
      )}
      {isCut(text) && text.end && children(text.end)}
    </>
  );
}
