/** A prompt or a reply in full, as plain text, fetched when it is shown. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { CopyButton } from '../CopyButton';
import type { AnyEvent } from '../protocol';
import type { RunSource } from '../source';
import type { Text } from '../state';
import {
  endOf,
  isCut,
  lengthOf,
  missingOf,
  number,
  plain,
  startOf,
  visible
} from '../text';
import { InTrace } from './InTrace';

/** Characters that are drawn at once: one line of 5 MB would hold up the page. */
const PIECE = 100_000;
/** Milliseconds: who walks through the rows by keyboard fetches only where they stop. */
const PAUSE = 120;

export interface WholeTextProps {
  readonly title: string;
  readonly text: Text;
  readonly isError?: boolean;
  /** The event that holds the text in full, and how it is read from it. */
  readonly seq: number | null;
  readonly read: (event: AnyEvent) => Text | null | undefined;
  readonly source: RunSource;
}

export function WholeText(props: WholeTextProps): VNode {
  const { title, seq, source } = props;
  const [whole, setWhole] = useState<Text | null>(null);
  const [failure, setFailure] = useState('');
  const [attempt, setAttempt] = useState(0);
  const [pieces, setPieces] = useState(1);
  const canFetch = source.fetch !== undefined;
  const wanted =
    isCut(props.text) && whole === null && canFetch && seq !== null;
  useEffect(() => {
    if (!wanted) {
      return undefined;
    }
    let current = true;
    setFailure('');
    const timer = setTimeout(() => {
      source.fetch?.(seq).then(
        event => {
          if (current) {
            setWhole(props.read(event) ?? props.text);
          }
        },
        (error: unknown) => {
          if (current) {
            setFailure(error instanceof Error ? error.message : String(error));
          }
        }
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, seq, attempt]);

  const text = whole ?? props.text;
  const start = startOf(text);
  const shown = Math.min(pieces * PIECE, start.length);
  return (
    <section class="rlm-whole" aria-label={title}>
      <header>
        <strong>{title}</strong>
        <span>{`${number(lengthOf(text))} characters`}</span>
        <CopyButton text={plain(text)} />
      </header>
      <pre
        class={props.isError ? 'rlm-call-error' : ''}
        dir="auto"
        tabIndex={0}
      >
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
          {failure !== '' ? (
            <>
              <span class="rlm-call-error">{`The whole text could not be fetched: ${failure} `}</span>
              <button
                type="button"
                onClick={() => {
                  setAttempt(attempt + 1);
                }}
              >
                Try again
              </button>
            </>
          ) : wanted ? (
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
