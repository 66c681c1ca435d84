/** Keeps keys that are pressed in a panel from working on the notebook around it. */

const MODIFIERS = new Set(['Alt', 'Control', 'Meta', 'Shift']);
const EDITABLE = 'input, textarea, select, [contenteditable]';

export function isEditable(target: EventTarget | null): target is HTMLElement {
  return (
    target instanceof HTMLElement &&
    target.matches(EDITABLE) &&
    target.getAttribute('contenteditable') !== 'false'
  );
}

/** Ctrl+Enter, or ⌘+Enter; not one that is held down, which would approve the next code too. */
export function isSubmit(event: KeyboardEvent): boolean {
  return (
    event.key === 'Enter' &&
    (event.ctrlKey || event.metaKey) &&
    !event.repeat &&
    !event.isComposing
  );
}

/**
 * JupyterLab looks for shortcuts before the panel sees a key, and leaves out what is marked. Keys
 * of ours are those without a modifier (a lone `d`, `d` would delete the cell) and Ctrl+Enter;
 * others, as Ctrl+S, go their way, and so does a key behind one with Alt: it may be the second of a
 * shortcut. The mark is on the very element, for which shortcuts are looked up first.
 */
export function shieldKeys(panel: HTMLElement): () => void {
  let begun = false;
  const mark = ({ target, key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
    if (!(target instanceof Element) || !panel.contains(target)) {
      return;
    }
    const chord = ctrlKey || metaKey || altKey;
    const goes = chord ? key !== 'Enter' : begun && !isEditable(target);
    target.toggleAttribute('data-lm-suppress-shortcuts', !goes);
    if (!MODIFIERS.has(key)) {
      begun = altKey;
    }
  };
  const stop = (event: KeyboardEvent): void => {
    if (isEditable(event.target)) {
      event.stopPropagation();
    }
  };
  const kinds = ['keydown', 'keypress', 'keyup'] as const;
  window.addEventListener('keydown', mark, true);
  for (const kind of kinds) {
    panel.addEventListener(kind, stop);
  }
  return () => {
    window.removeEventListener('keydown', mark, true);
    for (const kind of kinds) {
      panel.removeEventListener(kind, stop);
    }
  };
}

/** Whether the focus may go to `panel` without taking it from somebody who writes elsewhere. */
export function mayTakeFocus(panel: HTMLElement): boolean {
  const { activeElement: active, body } = panel.ownerDocument;
  if (!active || active === body) {
    return true;
  }
  if (isEditable(active)) {
    return false;
  }
  const around = active.closest('.jp-Notebook');
  return panel.contains(active) || around?.contains(panel) === true;
}
