/** A block of code: as it was written, what was decided about it, and what came of it. */
import type { ComponentChildren, VNode } from 'preact';

import { Ansi } from '../formats/ansi';
import type { Block, Question, Spend } from '../state';
import { questionKey } from '../store';
import { endOf, plain } from '../text';
import { Approval } from './approval/Approval';
import { SpendApproval, spendWords } from './approval/SpendApproval';
import { Foldable } from './Foldable';
import { LongCode } from './LongCode';
import { LongText } from './LongText';
import { memo } from './memo';
import { Names } from './Names';

export function BlockView(props: {
  question: Question;
  block: Block;
  /** What the code asked for money for, and that of other blocks. */
  spends: readonly Spend[];
  /** Whether a person can be asked. */
  live: boolean;
  /** The calls and child runs of the code, which end before there is an output. */
  children: ComponentChildren;
}): VNode {
  const { question, block, spends, live, children } = props;
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
      {spends.map(
        each =>
          each.block === block.block && (
            <SpendView
              key={each.spend}
              question={{ ...question, spend: each.spend }}
              spend={each}
              live={live}
            />
          )
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
        <p class="rlm-note">Edited before it ran</p>
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
  return asked && (decided || !executed) ? (
    <Verdict decided={decided} what="code" />
  ) : null;
}

function SpendView(props: {
  question: Question;
  spend: Spend;
  live: boolean;
}): VNode {
  const { question, spend, live } = props;
  return spend.decided || !live ? (
    <Verdict decided={spend.decided} what="calls">
      <span>{spendWords(spend)}</span>
    </Verdict>
  ) : (
    <SpendApproval question={question} spend={spend} />
  );
}

/** What became of a question, and what it was about where that is not plain. */
function Verdict(props: {
  decided: Block['decided'] | Spend['decided'];
  what: 'code' | 'calls';
  children?: ComponentChildren;
}): VNode {
  const { decided, what, children } = props;
  const { decision, note, rest } = decided ?? {};
  const bad = decision === 'reject' || decision === 'stop';
  return (
    <p class="rlm-note">
      {children}
      <span class={bad ? 'rlm-bad' : ''}>
        {decision === 'reject'
          ? 'Rejected'
          : decision === 'stop'
            ? `${what === 'code' ? 'Not run' : 'Not sent'}: stopped here`
            : decided
              ? 'Approved'
              : 'Was waiting for approval'}
        {note && (
          <>
            {': '}
            <q>{plain(note)}</q>
          </>
        )}
        {rest && `, with all further ${what}`}
      </span>
    </p>
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
