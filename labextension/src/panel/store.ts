/** What a person has opened, folded and written in a panel, kept while its views come and go. */
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

import { notify } from './listeners';
import type { RunSource } from './source';
import type { Question, Tree } from './state';

export interface Store {
  readonly source: RunSource;
  readonly folds: Map<string, boolean>;
  /** Code as it was edited, by question. */
  readonly drafts: Map<string, string>;
  /** When questions were first on the screen, in milliseconds. */
  readonly seen: Map<string, number>;
  /** The question to which a person went last. */
  wanted: string | null;
  readonly listeners: Set<() => void>;
}

export function createStore(source: RunSource): Store {
  return {
    source,
    folds: new Map(),
    drafts: new Map(),
    seen: new Map(),
    wanted: null,
    listeners: new Set()
  };
}

export const StoreContext = createContext<Store | null>(null);

/** The store of the panel that the view is in. */
export function useStore(): Store {
  return useContext(StoreContext) as Store;
}

export const runKey = (run: string): string => `run ${run}`;
export const stepKey = (run: string, step: number): string =>
  `step ${String(step)} ${run}`;
export const questionKey = ({ run, step, block, spend }: Question): string =>
  `block ${String(block)} ${String(spend)} ${stepKey(run, step)}`;

/**
 * Whether what is at `key` is open, and a way to change it. What was open by default stays open,
 * so that nothing that is being read closes by itself.
 */
export function useFold(
  key: string,
  byDefault: boolean
): [open: boolean, set: (open: boolean) => void] {
  const { folds, listeners } = useStore();
  const [, draw] = useState({});
  useEffect(() => {
    const changed = (): void => {
      draw({});
    };
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, [listeners]);
  if (byDefault && !folds.has(key)) {
    folds.set(key, true);
  }
  return [
    folds.get(key) ?? false,
    open => {
      folds.set(key, open);
      notify(listeners);
    }
  ];
}

/** Opens all that a question is in, and asks its box to take the focus. */
export function goTo(store: Store, question: Question): void {
  for (const [run, step] of pathOf(store.source.tree, question)) {
    store.folds.set(runKey(run), true).set(stepKey(run, step), true);
  }
  store.wanted = questionKey(question);
  notify(store.listeners);
}

/** The runs and steps around a question, from the inside out. */
export function pathOf(
  { runs }: Tree,
  { run, step }: Question
): [run: string, step: number][] {
  const path: [string, number][] = [];
  let at: string | null = run;
  let place: number | null = step;
  while (at !== null && path.length <= runs.size) {
    path.push([at, place ?? 0]);
    const inside = runs.get(at);
    at = inside?.parent ?? null;
    place = inside?.parentStep ?? null;
  }
  return path;
}
