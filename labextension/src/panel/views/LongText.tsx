/** A text that may have come cut: its start and end, and the rest where it can be fetched. */
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { RunSource } from '../source';
import type { Text } from '../state';
import { useStore } from '../store';
import { isCut, lengthOf, number, startOf } from '../text';

/** Where an event holds a text. */
export type Field =
  'answer' | 'code' | 'description' | 'error' | 'output' | 'prompt' | 'reply';

export interface Full {
  readonly text: Text;
  /** Fetches the whole text; absent where there is no more, or none to be had. */
  readonly load: (() => void) | undefined;
  readonly loading: boolean;
  /** Why it could not be fetched, or "". */
  readonly failure: string;
}

/** `text`, or the whole of it as soon as `load` has fetched the event `seq` with its `field`. */
export function useFull(
  source: RunSource,
  text: Text,
  seq: number | null,
  field: Field | undefined
): Full {
  const [full, setFull] = useState<{ of: Text; text: Text } | null>(null);
  const [loading, setLoading] = useState(false);
  const [failure, setFailure] = useState('');
  const fetched = full?.of === text;
  if (!isCut(text) || !source.fetch || !field || seq === null || fetched) {
    return {
      text: fetched ? full.text : text,
      load: undefined,
      loading: false,
      failure: ''
    };
  }
  const load = (): void => {
    setLoading(true);
    setFailure('');
    source
      .fetch?.(seq)
      .then(
        event => {
          const whole = (event as Partial<Record<Field, Text | null>>)[field];
          setFull({ of: text, text: whole ?? text });
        },
        (error: unknown) => {
          setFailure(String(error));
        }
      )
      .finally(() => {
        setLoading(false);
      });
  };
  return { text, load: loading ? undefined : load, loading, failure };
}

export function LongText(props: {
  text: Text;
  seq: number | null;
  field?: Field;
  /** The true length, where not even the whole event holds all. */
  chars?: number;
  children: (text: string) => ComponentChildren;
}): VNode {
  const { seq, field, chars = 0, children } = props;
  const { source } = useStore();
  const { text, load, loading, failure } = useFull(
    source,
    props.text,
    seq,
    field
  );
  const start = startOf(text);
  const all = Math.max(chars, lengthOf(text));
  return (
    <>
      {start && children(start)}
      {all > start.length && (
        <p class="rlm-note">
          {`… ${number(all)} characters in all`}
          {load && (
            <button type="button" class="rlm-link" onClick={load}>
              {failure ? 'Try again' : 'Show all'}
            </button>
          )}
          {loading && ' Loading…'}
        </p>
      )}
      {isCut(text) && text.end && children(text.end)}
    </>
  );
}
