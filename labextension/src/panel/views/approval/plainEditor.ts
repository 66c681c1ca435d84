/** The editor of code where no better one is offered: a text area that behaves like one. */
import { isSubmit } from '../../keys';
import type { Editor, EditorOptions } from '../../page';

export function plainEditor(options: EditorOptions): Editor {
  const { host, label } = options;
  const area = document.createElement('textarea');
  area.setAttribute('aria-label', label);
  area.spellcheck = false;
  area.autocapitalize = 'off';
  area.value = options.text;
  const grow = (): void => {
    area.rows = Math.min(Math.max(area.value.split('\n').length, 2), 24);
  };
  area.addEventListener('input', () => {
    grow();
    options.onChange(area.value);
  });
  area.addEventListener('keydown', event => {
    if (isSubmit(event)) {
      event.preventDefault();
      options.onSubmit();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      options.onLeave();
    } else if (event.key === 'Tab' && !chord(event)) {
      event.preventDefault();
      insert(area, '    ');
    }
  });
  grow();
  host.append(area);
  return {
    get text() {
      return area.value;
    },
    focus() {
      area.focus({ preventScroll: true });
    },
    dispose() {
      area.remove();
    }
  };
}

/** Shift+Tab leaves backwards; Tab after Esc leaves forwards, since Esc moves the focus away. */
function chord(event: KeyboardEvent): boolean {
  return event.shiftKey || event.ctrlKey || event.altKey || event.metaKey;
}

function insert(area: HTMLTextAreaElement, text: string): void {
  // Nothing else keeps the undo history of a text area.
  const { execCommand } = document as Partial<
    Record<'execCommand', (...command: unknown[]) => boolean>
  >;
  if (!execCommand?.call(document, 'insertText', false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
