/** A question to a person, in a box with what can be decided. */
import type { ComponentChildren, VNode } from 'preact';
import { useRef } from 'preact/hooks';

import { isSubmit } from '../../keys';
import type { Question } from '../../state';
import { questionKey, useStore } from '../../store';
import { useSource } from '../useSource';
import { type Choice, Decisions } from './Decisions';
import { QUIETLY, useBox } from './useBox';

export function Asked(props: {
  question: Question;
  label: string;
  /** Whether all that is asked about is shown. */
  whole: boolean;
  /** What is to run instead. */
  edited?: string | undefined;
  onUndo?: () => void;
  note: string;
  children: (approve: () => void, leave: () => void) => ComponentChildren;
}): VNode {
  const { question, label, whole, edited, onUndo, note, children } = props;
  const { source } = useStore();
  const key = questionKey(question);
  const { box, settled } = useBox(key);
  const sending = useSource(
    source,
    ({ controls }) =>
      controls?.sending.some(each => questionKey(each) === key) ?? false
  );
  const decide = (choice: Choice): void => {
    if (!sending) {
      box.current?.focus(QUIETLY);
      source.controls?.decide({ ...question, ...choice });
    }
  };
  // What is not all shown, or has only just come, can't be what a person means to approve.
  const ready = settled && whole;
  const approve = (rest?: Choice): void => {
    if (ready) {
      decide(
        rest ??
          (edited === undefined
            ? { decision: 'approve' }
            : { decision: 'edit', code: edited })
      );
    }
  };
  const left = useRef(false);
  const leave = (): void => {
    left.current = true;
    box.current?.focus(QUIETLY);
  };
  return (
    <div
      class="rlm-approval"
      role="group"
      aria-label={label}
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
      {children(approve, leave)}
      <Decisions
        what={question.spend ? 'calls' : 'code'}
        edited={edited !== undefined}
        ready={ready}
        sending={sending}
        onApprove={approve}
        onDecide={decide}
        onUndo={onUndo}
        onLeave={leave}
      />
      <p class="rlm-note">{sending ? 'Sending…' : note}</p>
    </div>
  );
}
