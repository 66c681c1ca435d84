/** A prompt or a reply in full, as plain text, fetched when it is shown. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { RunSource } from '../../source';
import type { Text } from '../../state';
import {
  endOf,
  isCut,
  lengthOf,
  missingOf,
  number,
  plain,
  startOf,
  visible
} from '../../text';
import { CopyButton } from '../CopyButton';
import { type Field, useFull } from '../LongText';
import { InTrace } from './InTrace';

/** Characters that are drawn at once: one line of 5 MB would hold up the page. */
const PIECE = 100_000;
/** Milliseconds: who walks through the rows by keyboard fetches only where they stop. */
const PAUSE = 120;

export function WholeText(props: {
  title: string;
  text: Text;
  /** The event that holds the text in full, and how it is read from it. */
  seq: number | null;
  field: Field;
  source: RunSource;
}): VNode {
  const { title, source, seq, field } = props;
  const { text, load, loading, failure } = useFull(
    source,
    props.text,
    seq,
    field
  );
  const [pieces, setPieces] = useState(1);
  const waits = failure ? undefined : load;
  useEffect(() => {
    const timer = waits && setTimeout(waits, PAUSE);
    return () => {
      clearTimeout(timer);
    };
  }, [!waits, seq]);

  const start = startOf(text);
  const shown = Math.min(pieces * PIECE, start.length);
  return (
    <section class="rlm-whole" aria-label={title}>
      <header>
        <strong>{title}</strong>
        <span>{`${number(lengthOf(text))} characters`}</span>
        <CopyButton text={plain(text)} />
      </header>
      <pre class={field === 'error' ? 'rlm-bad' : ''} dir="auto" tabIndex={0}>
        {Array.from({ length: pieces }, (_, piece) => (
          // A block each: what is drawn already is not laid out again.
          <span key={piece}>
            {visible(start.slice(piece * PIECE, (piece + 1) * PIECE))}
          </span>
        ))}
        {isCut(text) && shown === start.length && (
          <>
            <em>{` … ${number(missingOf(text))} characters … `}</em>
            {visible(endOf(text))}
          </>
        )}
      </pre>
      {shown < start.length && (
        <p>
          <button
            type="button"
            onClick={() => {
              setPieces(pieces + 1);
            }}
          >
            {`Show ${number(Math.min(PIECE, start.length - shown))} more`}
          </button>
          {` ${number(shown)} of ${number(lengthOf(text))} characters are shown.`}
        </p>
      )}
      {isCut(text) && (
        <p role="status">
          {failure ? (
            <>
              {`The whole text could not be fetched: ${failure} `}
              <button type="button" onClick={load}>
                Try again
              </button>
            </>
          ) : load || loading ? (
            'Fetching the whole text…'
          ) : (
            <>
              The trace file holds the whole text
              <InTrace source={source} />
            </>
          )}
        </p>
      )}
    </section>
  );
}
