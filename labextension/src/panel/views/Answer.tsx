/** The answer of a run, or the sentence that tells why there is none. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import { Markdown } from '../formats/markdown';
import type { Run, Text } from '../state';
import { useStore } from '../store';
import { isCut, lengthOf, number, plain, visible } from '../text';
import { CopyButton } from './CopyButton';
import { useFull } from './LongText';

/** An answer of more lines or characters is folded at first. */
const LINES = 24;
const CHARS = 2_000;

export function Answer({ run }: { run: Run }): VNode | null {
  const { answer, error } = run;
  if (answer === null && error === null) {
    return null;
  }
  return (
    <section class="rlm-answer" aria-label="Answer">
      {error !== null && <p>{plain(error)}</p>}
      {answer !== null && <Value run={run} answer={answer} />}
    </section>
  );
}

function Value({ run, answer }: { run: Run; answer: Text }): VNode {
  const { source } = useStore();
  const { text, load, loading } = useFull(
    source,
    answer,
    run.answerSeq,
    'answer'
  );
  const long = lengthOf(text) > CHARS || plain(text).split('\n').length > LINES;
  const [open, setOpen] = useState(false);
  const isText = run.answerType === null || run.answerType === 'str';
  return (
    <>
      <div class="rlm-answer-head">
        <h3>Answer</h3>
        {run.answerName !== null && <code>{run.answerName}</code>}
        {run.answerType !== null && (
          <span class="rlm-note">{run.answerType}</span>
        )}
        <CopyButton text={plain(text)} />
      </div>
      <div class="rlm-answer-text" data-folded={(long && !open) || undefined}>
        {isText ? (
          <Markdown text={plain(text)} />
        ) : (
          <pre class="rlm-output" tabIndex={0}>
            {visible(plain(text))}
          </pre>
        )}
      </div>
      {long && (
        <button
          type="button"
          class="rlm-link"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
            if (!open) {
              load?.();
            }
          }}
        >
          {open ? 'Show less' : `Show all ${number(lengthOf(text))} characters`}
        </button>
      )}
      {open && isCut(text) && (
        <span class="rlm-note">
          {loading ? ' Loading…' : ' The trace file holds the whole text.'}
        </span>
      )}
    </>
  );
}
