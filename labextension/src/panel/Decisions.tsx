/** What can be decided about a block, as buttons. */
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';

export type Choice = 'approve' | 'reject' | 'all' | 'stop';

export function Decisions(props: {
  edited: boolean;
  sending: boolean;
  onDecide: (choice: Choice, note?: string) => void;
  onUndo: () => void;
  onLeave: () => void;
}): VNode {
  const { edited, sending, onDecide, onUndo, onLeave } = props;
  const [note, setNote] = useState('');
  const reject = (): void => {
    onDecide('reject', note.trim());
  };
  return (
    <fieldset class="rlm-decisions" disabled={sending}>
      <Button
        look="rlm-primary"
        onClick={() => {
          onDecide('approve');
        }}
      >
        {edited ? 'Approve edited' : 'Approve'}
      </Button>
      {edited && <Button onClick={onUndo}>Undo edits</Button>}
      <Button
        disabled={edited}
        onClick={() => {
          onDecide('all');
        }}
      >
        Approve all in this run
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
          onDecide('stop');
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
