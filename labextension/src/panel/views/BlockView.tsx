/** A block of code: as it was written, what was decided about it, and what came of it. */
import type { ComponentChildren, VNode } from 'preact';

import { Ansi } from '../formats/ansi';
import type { Block, Question } from '../state';
import { questionKey } from '../store';
import { endOf, plain } from '../text';
import { Approval } from './approval/Approval';
import { Foldable } from './Foldable';
import { LongCode } from './LongCode';
import { LongText } from './LongText';
import { memo } from './memo';
import { Names } from './Names';

export function BlockView(props: {
  question: Question;
  block: Block;
  /** Whether a person can be asked. */
  live: boolean;
  /** The calls and child runs of the code, which end before there is an output. */
  children: ComponentChildren;
}): VNode {
  const { question, block, live, children } = props;
  return (
    <div class="rlm-block">
      {block.asked && !block.decided && live ? (
        <Approval
          key={questionKey(question)}
          question={question}
          block={block}
        />
      ) : (
        <Decided name={questionKey(question)} block={block} />
      )}
      {children}
      <Outcome block={block} />
    </div>
  );
}

const Decided = memo(function Decided(props: {
  name: string;
  block: Block;
}): VNode {
  const { name, block } = props;
  const { decided, proposedSeq } = block;
  const written = <LongCode text={block.code} seq={proposedSeq} field="code" />;
  if (decided?.decision === 'edit') {
    return (
      <>
        <Verdict>Edited before it ran</Verdict>
        <LongCode
          text={block.executed?.code ?? decided.code ?? ''}
          seq={block.executed?.seq ?? null}
          field="code"
        />
        <Foldable
          name={`written ${name}`}
          open={false}
          class="rlm-aside"
          head={() => 'What the model wrote'}
        >
          {() => written}
        </Foldable>
      </>
    );
  }
  return (
    <>
      <VerdictOf block={block} />
      {written}
    </>
  );
});

function VerdictOf({ block }: { block: Block }): VNode | null {
  const { asked, decided, executed } = block;
  const { decision, note } = decided ?? {};
  if (decision === 'reject') {
    return (
      <Verdict bad>
        Rejected{note && ': '}
        {note && <q>{plain(note)}</q>}
      </Verdict>
    );
  }
  if (decision === 'stop') {
    return <Verdict bad>Not run: stopped here</Verdict>;
  }
  if (!asked || (!decided && executed)) {
    return null;
  }
  return (
    <Verdict>
      {decided ? 'Approved' : 'Was waiting for approval'}
      {decided?.rest && ', with all that follows'}
    </Verdict>
  );
}

function Verdict(props: { bad?: boolean; children: ComponentChildren }): VNode {
  return (
    <p class={props.bad ? 'rlm-note rlm-bad' : 'rlm-note'}>{props.children}</p>
  );
}

const Outcome = memo(function Outcome(props: { block: Block }): VNode | null {
  const { executed } = props.block;
  if (!executed) {
    return null;
  }
  const { output, outputChars, error, bound, deleted, seq } = executed;
  const told =
    error !== null && endOf(output).trimEnd().endsWith(endOf(error).trim());
  return (
    <>
      <LongText text={output} seq={seq} field="output" chars={outputChars}>
        {text => (
          <pre class={told ? 'rlm-output rlm-error' : 'rlm-output'}>
            <Ansi text={text} />
          </pre>
        )}
      </LongText>
      {error !== null && !told && (
        <LongText text={error} seq={seq} field="error">
          {text => (
            <pre class="rlm-output rlm-error">
              <Ansi text={text} />
            </pre>
          )}
        </LongText>
      )}
      {bound.length + deleted.length > 0 && (
        <p class="rlm-note">
          <Names verb="Bound" names={bound} />
          <Names verb="Deleted" names={deleted} />
        </p>
      )}
    </>
  );
});
