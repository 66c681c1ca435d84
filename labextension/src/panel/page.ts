/**
 * Where the widget's module and the JupyterLab extension meet: two bundles on one page.
 *
 * Either may be missing, either may come first. The widget adds the runs that live; the extension
 * offers what only it can do.
 */
import { notify } from './listeners';
import type { RunSource } from './source';

/** A run that lives in a kernel of this page. */
export interface LiveRun {
  /** Of the widget's model: the output that shows the run names it. */
  readonly id: string;
  /** Of the notebook's cell, where the front end told the kernel; else empty. */
  readonly cell: string;
  readonly source: RunSource;
  /** The saved record as a MIME bundle, once the run has ended. */
  readonly record: Promise<{
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
  }>;
  /** Gives the run up: nothing more is heard of it or sent to it. */
  end(): void;
}

/** An editor of code in `host`; see `plainEditor`. */
export interface Editor {
  readonly text: string;
  focus(): void;
  dispose(): void;
}

export interface EditorOptions {
  readonly host: HTMLElement;
  readonly text: string;
  readonly label: string;
  onChange(text: string): void;
  /** Ctrl/⌘+Enter. */
  onSubmit(): void;
  /** Esc. */
  onLeave(): void;
}

/** What the JupyterLab extension offers to the panels of the page. */
export interface Host {
  createEditor(options: EditorOptions): Editor;
  /** Interrupts the kernel of a run whose code is too busy to hear the panel. */
  interrupt(run: LiveRun): void;
}

export interface Page {
  readonly runs: ReadonlySet<LiveRun>;
  add(run: LiveRun): void;
  remove(run: LiveRun): void;
  /** Calls `listener` after each change of `runs` or `host`; returns its removal. */
  subscribe(listener: () => void): () => void;
  host: Host | null;
}

const KEY = Symbol.for('rlm-magic.page.1');

/** The one meeting place of the page, made by whoever asks first. */
export function page(): Page {
  const global = globalThis as { [KEY]?: Page | undefined };
  return (global[KEY] ??= createPage());
}

function createPage(): Page {
  const runs = new Set<LiveRun>();
  const listeners = new Set<() => void>();
  let host: Host | null = null;
  const changed = (): void => {
    notify(listeners);
  };
  return {
    runs,
    add(run) {
      runs.add(run);
      changed();
    },
    remove(run) {
      if (runs.delete(run)) {
        changed();
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get host() {
      return host;
    },
    set host(value) {
      host = value;
      changed();
    }
  };
}
