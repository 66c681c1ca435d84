/** Asks a person about a block of code: to run it, run an edit of it, or not to run it. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { hiddenAt } from '../../hidden';
import type { Block, Question } from '../../state';
import { questionKey, useStore } from '../../store';
import { isCut, plain } from '../../text';
import { LongCode } from '../LongCode';
import { useFull } from '../LongText';
import { Asked } from './Asked';
import { Chips } from './Chips';
import { CodeEditor } from './CodeEditor';
import { HiddenLines } from './HiddenLines';

export function Approval(props: { question: Question; block: Block }): VNode {
  const { question, block } = props;
  const { source, drafts } = useStore();
  const key = questionKey(question);
  const full = useFull(source, block.code, block.proposedSeq, 'code');
  const { load, loading, failure } = full;
  useEffect(() => {
    if (!failure) {
      load?.();
    }
  }, [load !== undefined]);

  const code = isCut(full.text) ? null : full.text;
  const [draft, setDraft] = useState(drafts.get(key));
  const edited = code === null || draft === lines(code) ? undefined : draft;
  const [version, setVersion] = useState(0);
  const edit = (text: string | undefined): void => {
    setDraft(text);
    if (text === undefined) {
      drafts.delete(key);
    } else {
      drafts.set(key, text);
    }
  };
  const shown = draft ?? plain(full.text);

  return (
    <Asked
      question={question}
      label={`Approval of step ${String(question.step)}`}
      whole={code !== null}
      edited={edited}
      onUndo={() => {
        edit(undefined);
        setVersion(version + 1);
      }}
      note="Approval is your judgement, not a sandbox: the code runs with your rights."
    >
      {(approve, leave) => (
        <>
          <Chips block={block} hidden={hiddenAt(shown) >= 0} />
          {code === null ? (
            <>
              <LongCode text={full.text} seq={null} />
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
            </>
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
          <HiddenLines text={shown} />
        </>
      )}
    </Asked>
  );
}

/** `code` with the ends of lines that an editor makes of any other. */
function lines(code: string): string {
  return code.replace(/\r\n?/g, '\n');
}
