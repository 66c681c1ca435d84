/** Asks a person about a block of code: to run it, run an edit of it, or not to run it. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { hiddenAt } from '../../hidden';
import { isSubmit } from '../../keys';
import type { Block, Question } from '../../state';
import { questionKey, useStore } from '../../store';
import { isCut, plain } from '../../text';
import { LongCode } from '../LongCode';
import { useFull } from '../LongText';
import { useSource } from '../useSource';
import { Chips } from './Chips';
import { CodeEditor } from './CodeEditor';
import { type Choice, Decisions } from './Decisions';
import { HiddenLines } from './HiddenLines';
import { QUIETLY, useBox } from './useBox';

export function Approval(props: { question: Question; block: Block }): VNode {
  const { question, block } = props;
  const { source, drafts } = useStore();
  const key = questionKey(question);
  const { box, settled } = useBox(key);
  const full = useFull(source, block.code, block.proposedSeq, 'code');
  const { load, loading, failure } = full;
  useEffect(() => {
    if (!failure) {
      load?.();
    }
  }, [load !== undefined]);

  const code = isCut(full.text) ? null : full.text;
  const [draft, setDraft] = useState(drafts.get(key));
  const edited = code !== null && draft !== undefined && draft !== lines(code);
  const [version, setVersion] = useState(0);
  const sending = useSource(
    source,
    ({ controls }) =>
      controls?.sending.some(each => questionKey(each) === key) ?? false
  );
  const edit = (text: string | undefined): void => {
    setDraft(text);
    if (text === undefined) {
      drafts.delete(key);
    } else {
      drafts.set(key, text);
    }
  };
  const decide = (choice: Choice): void => {
    if (!sending) {
      box.current?.focus(QUIETLY);
      source.controls?.decide({ ...question, ...choice });
    }
  };
  // What is not all shown, or has only just come, can't be what a person means to approve.
  const ready = settled && code !== null;
  const approve = (
    choice: Choice = edited
      ? { decision: 'edit', code: draft }
      : { decision: 'approve' }
  ): void => {
    if (ready) {
      decide(choice);
    }
  };
  const left = useRef(false);
  const leave = (): void => {
    left.current = true;
    box.current?.focus(QUIETLY);
  };
  const shown = draft ?? plain(full.text);

  return (
    <div
      class="rlm-approval"
      role="group"
      aria-label={`Approval of step ${String(question.step)}`}
      tabIndex={-1}
      ref={box}
      onKeyDown={event => {
        if (!event.defaultPrevented && isSubmit(event)) {
          event.preventDefault();
          approve();
        } else if (event.target === box.current) {
          if (left.current && event.key === 'Tab' && !event.shiftKey) {
            event.preventDefault();
            box.current
              ?.querySelector<HTMLElement>('fieldset :enabled')
              ?.focus();
          }
          left.current = false;
        }
      }}
    >
      <Chips block={block} hidden={hiddenAt(shown) >= 0} />
      {code === null ? (
        <LongCode text={full.text} seq={null} />
      ) : (
        <CodeEditor
          key={version}
          text={draft ?? code}
          label="Code"
          onChange={edit}
          onSubmit={approve}
          onLeave={leave}
        />
      )}
      {code === null && (
        <p class="rlm-note">
          {loading || (load && !failure) ? (
            'Fetching the whole code…'
          ) : (
            <>
              The whole code could not be fetched.
              {load && (
                <button type="button" class="rlm-link" onClick={load}>
                  Try again
                </button>
              )}
            </>
          )}
        </p>
      )}
      <HiddenLines text={shown} />
      <Decisions
        edited={edited}
        ready={ready}
        sending={sending}
        onApprove={approve}
        onDecide={decide}
        onUndo={() => {
          edit(undefined);
          setVersion(version + 1);
        }}
        onLeave={leave}
      />
      <p class="rlm-note">
        {sending
          ? 'Sending…'
          : 'Approval is your judgement, not a sandbox: the code runs with your rights.'}
      </p>
    </div>
  );
}

/** `code` with the ends of lines that an editor makes of any other. */
function lines(code: string): string {
  return code.replace(/\r\n?/g, '\n');
}
