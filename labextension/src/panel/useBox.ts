import { useEffect, useRef } from 'preact/hooks';

import { mayTakeFocus } from './keys';
import { useStore } from './store';

export const QUIETLY: FocusOptions = { preventScroll: true };

/**
 * The box of the question `key`. It takes the focus the first time that it is there, unless
 * somebody writes elsewhere, and when a person goes to it; it leaves the focus to its step.
 */
export function useBox(key: string): { current: HTMLDivElement | null } {
  const store = useStore();
  const box = useRef<HTMLDivElement>(null);
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
    if (!seen.has(key) && mayTakeFocus(panel)) {
      element.focus(QUIETLY);
    }
    seen.add(key);
    listeners.add(follow);
    return () => {
      listeners.delete(follow);
      if (element.contains(document.activeElement)) {
        element.closest('.rlm-step')?.querySelector('button')?.focus(QUIETLY);
      }
    };
  }, [key]);
  return box;
}
