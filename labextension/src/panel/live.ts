/** A run that lives in a kernel, over the messages of its widget. */
import { emptyTree, fold } from './fold';
import { name } from './fold/read';
import { notify } from './listeners';
import { deferred, fetches } from './live/fetches';
import { oncePerFrame } from './live/frames';
import { requests } from './live/requests';
import { page } from './page';
import type { LiveRun } from './page';
import type { Events, Finished, FromBrowser, FromKernel } from './protocol';
import { readEvent } from './saved';

/** The part of a widget's model that is needed; `id` and `cell` are traits of it. */
export interface Model {
  get(key: 'id' | 'cell'): unknown;
  send(message: FromBrowser): void;
  on(event: 'msg:custom', listener: Listener): void;
  off(event: 'msg:custom', listener: Listener): void;
}

type Listener = (
  message: FromKernel,
  buffers?: readonly (DataView | ArrayBuffer)[]
) => void;

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 4000;
const BETWEEN_HELLOS = 500;

/** The run that `model` shows, until `end` is called. */
export function liveRun(model: Model): LiveRun & { end(): void } {
  let tree = emptyTree;
  let have = 0;
  let ended = false;
  let interrupted = false;
  /** Seconds that the kernel's clock is ahead. */
  let offset: number | undefined;
  let lastHello = -Infinity;
  let hello: ReturnType<typeof setTimeout> | undefined;
  const finished = deferred<Finished>();
  const listeners = new Set<() => void>();
  const changed = oncePerFrame(() => {
    notify(listeners);
  });
  const send = (message: FromBrowser): void => {
    model.send(message);
  };
  const {
    fetch,
    take,
    end: endFetches
  } = fetches(seq => {
    send({ kind: 'fetch', seq });
  });
  const asked = requests({
    send,
    changed,
    interrupt() {
      const { host } = page();
      if (host && !interrupted) {
        interrupted = true;
        host.interrupt(run);
      }
    }
  });

  const listen: Listener = (message, buffers = []) => {
    const lines = new TextDecoder().decode(buffers[0]).split('\n');
    const events = lines.map(readEvent).filter(event => event !== null);
    switch (message.kind) {
      case 'events':
        takeEvents(message, events);
        break;
      case 'fetched':
        events.forEach(take);
        break;
      case 'finished':
        run.end();
        finished.resolve(message);
        break;
    }
  };

  const takeEvents = (
    { now, after, last }: Events,
    events: Parameters<typeof fold>[1]
  ): void => {
    // The message that was fastest tells best how the clocks differ.
    offset = Math.max(offset ?? -Infinity, now - Date.now() / 1000);
    if (after > have) {
      sayHello();
    } else if (last > have) {
      tree = fold(tree, events);
      have = last;
      asked.confirm(tree);
      clearTimeout(hello);
      if (run.source.controls) {
        hello = setTimeout(greet, LONGEST_WAIT, LONGEST_WAIT);
      } else {
        asked.end();
      }
      changed();
    }
  };

  /**
   * Says hello for as long as nothing new comes: the kernel may not listen yet, and behind a
   * message that was lost there may be none to tell of it.
   */
  const greet = (wait: number): void => {
    sayHello();
    hello = setTimeout(greet, wait, Math.min(wait * 1.5, LONGEST_WAIT));
  };

  /** Not too often: what is sent behind a gap comes until the kernel has heard of it. */
  const sayHello = (): void => {
    const now = performance.now();
    if (now - lastHello > BETWEEN_HELLOS) {
      lastHello = now;
      send({ kind: 'hello', have });
    }
  };

  const run = {
    get id() {
      return name(model.get('id')) ?? '';
    },
    get cell() {
      return name(model.get('cell')) ?? '';
    },
    record: finished.promise,
    source: {
      get tree() {
        return tree;
      },
      get controls() {
        const lives = !ended && !tree.runs.get(tree.root ?? '')?.status;
        return lives ? asked.controls : undefined;
      },
      get fetch() {
        return ended ? undefined : fetch;
      },
      subscribe(listener: () => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      now: () => Date.now() / 1000 + (offset ?? 0)
    },
    end() {
      ended = true;
      model.off('msg:custom', listen);
      clearTimeout(hello);
      asked.end();
      endFetches();
      changed();
    }
  };
  model.on('msg:custom', listen);
  greet(FIRST_WAIT);
  return run;
}
