import type { AnyEvent } from '../protocol';

const SECONDS = 3;
const TIMES = 3;

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

interface Waiting extends Deferred<AnyEvent> {
  timer: ReturnType<typeof setTimeout>;
}

/** Events that were asked for in full and have not come yet. */
export interface Fetches {
  readonly fetch: (seq: number) => Promise<AnyEvent>;
  readonly take: (event: AnyEvent) => void;
  /** Nothing comes any more. */
  readonly end: () => void;
}

export function fetches(send: (seq: number) => void): Fetches {
  const all = new Map<number, Waiting>();

  const ask = (seq: number, time: number): Waiting['timer'] => {
    send(seq);
    return setTimeout(() => {
      const waiting = all.get(seq);
      if (waiting && time < TIMES) {
        waiting.timer = ask(seq, time + 1);
      } else {
        fail(seq, 'The kernel did not send the text; it may be busy.');
      }
    }, SECONDS * 1000);
  };
  const fail = (seq: number, sentence: string): void => {
    remove(seq)?.reject(new Error(sentence));
  };
  const remove = (seq: number): Waiting | undefined => {
    const waiting = all.get(seq);
    clearTimeout(waiting?.timer);
    all.delete(seq);
    return waiting;
  };

  return {
    fetch(seq) {
      const waiting = all.get(seq) ?? {
        ...deferred<AnyEvent>(),
        timer: ask(seq, 1)
      };
      all.set(seq, waiting);
      return waiting.promise;
    },
    take(event) {
      remove(event.seq)?.resolve(event);
    },
    end() {
      for (const seq of [...all.keys()]) {
        fail(seq, 'The run has ended; its trace holds the text in full.');
      }
    }
  };
}

/** A promise with what settles it. */
export function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
