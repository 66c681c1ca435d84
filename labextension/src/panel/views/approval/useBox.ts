import { useEffect, useRef, useState } from 'preact/hooks';

import { mayTakeFocus } from '../../keys';
import { useStore } from '../../store';

/** Milliseconds: longer than a click or key takes that was meant for the question before. */
const UNREAD = 400;

export const QUIETLY: FocusOptions = { preventScroll: true };

/**
 * The box of the question `key`. It takes the focus the first time that it is there, unless
 * somebody writes elsewhere, and when a person goes to it; it leaves the focus to its step.
 * `settled` is whether it has been on the screen for a moment, so that one can mean it.
 */
export function useBox(key: string): {
  box: { current: HTMLDivElement | null };
  settled: boolean;
} {
  const store = useStore();
  const box = useRef<HTMLDivElement>(null);
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const element = box.current;
    const panel = element?.closest<HTMLElement>('.rlm-panel');
    if (!element || !panel) {
      return;
    }
    const { seen, listeners } = store;
    const follow = (): void => {
      if (store.wanted === key) {
        element.focus(QUIETLY);
        element.scrollIntoView({ block: 'nearest' });
      }
    };
    follow();
    const now = performance.now();
    const first = seen.get(key) ?? now;
    if (!seen.has(key) && mayTakeFocus(panel)) {
      element.focus(QUIETLY);
    }
    seen.set(key, first);
    listeners.add(follow);
    const timer = setTimeout(setSettled, first + UNREAD - now, true);
    return () => {
      clearTimeout(timer);
      listeners.delete(follow);
      if (element.contains(document.activeElement)) {
        element.closest('.rlm-step')?.querySelector('button')?.focus(QUIETLY);
      }
    };
  }, [key]);
  return { box, settled };
}
