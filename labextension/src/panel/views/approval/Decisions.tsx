/** What can be decided, as buttons. */
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { Decision } from '../../source';
import type { Question } from '../../state';

/** A decision about what is asked. */
export type Choice = Omit<Decision, keyof Question>;

export function Decisions(props: {
  /** What is asked about. */
  what: 'code' | 'calls';
  edited: boolean;
  /** Whether it may be approved. */
  ready: boolean;
  sending: boolean;
  onApprove: (choice?: Choice) => void;
  onDecide: (choice: Choice) => void;
  onUndo?: (() => void) | undefined;
  onLeave: () => void;
}): VNode {
  const { what, edited, ready, sending, onApprove, onDecide, onUndo, onLeave } =
    props;
  const [note, setNote] = useState('');
  const reject = (): void => {
    onDecide({ decision: 'reject', note: note.trim() });
  };
  return (
    <fieldset class="rlm-decisions" disabled={sending}>
      <Button
        look="rlm-primary"
        disabled={!ready}
        onClick={() => {
          onApprove();
        }}
      >
        {edited ? 'Approve edited' : 'Approve'}
      </Button>
      {edited && onUndo && <Button onClick={onUndo}>Undo edits</Button>}
      <Button
        disabled={edited || !ready}
        onClick={() => {
          onApprove({ decision: 'approve', rest: true });
        }}
      >
        Approve all {what} in this run
      </Button>
      <span class="rlm-rejection">
        <Button onClick={reject}>Reject</Button>
        <input
          type="text"
          class="rlm-input"
          aria-label="Note"
          placeholder="Note to the model"
          value={note}
          onInput={event => {
            setNote(event.currentTarget.value);
          }}
          onKeyDown={event => {
            if (event.key === 'Escape') {
              onLeave();
            } else if (
              event.key === 'Enter' &&
              !event.isComposing &&
              !event.repeat
            ) {
              event.preventDefault();
              reject();
            }
          }}
        />
      </span>
      <Button
        look="rlm-stop"
        onClick={() => {
          onDecide({ decision: 'stop' });
        }}
      >
        Stop
      </Button>
    </fieldset>
  );
}

function Button(props: {
  look?: string;
  disabled?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}): VNode {
  const { look = '', ...rest } = props;
  return <button type="button" class={`rlm-button ${look}`} {...rest} />;
}
