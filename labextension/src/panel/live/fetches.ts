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
export class Fetches {
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly send: (seq: number) => void) {}

  fetch(seq: number): Promise<AnyEvent> {
    const known = this.waiting.get(seq);
    if (known) {
      return known.promise;
    }
    const waiting = { ...deferred<AnyEvent>(), timer: this.ask(seq, 1) };
    this.waiting.set(seq, waiting);
    return waiting.promise;
  }

  take(event: AnyEvent): void {
    this.remove(event.seq)?.resolve(event);
  }

  /** Nothing comes any more. */
  end(): void {
    for (const seq of [...this.waiting.keys()]) {
      this.fail(seq, 'The run has ended; its trace holds the text in full.');
    }
  }

  private ask(seq: number, time: number): ReturnType<typeof setTimeout> {
    this.send(seq);
    return setTimeout(() => {
      const waiting = this.waiting.get(seq);
      if (waiting && time < TIMES) {
        waiting.timer = this.ask(seq, time + 1);
      } else {
        this.fail(seq, 'The kernel did not send the text; it may be busy.');
      }
    }, SECONDS * 1000);
  }

  private fail(seq: number, sentence: string): void {
    this.remove(seq)?.reject(new Error(sentence));
  }

  private remove(seq: number): Waiting | undefined {
    const waiting = this.waiting.get(seq);
    clearTimeout(waiting?.timer);
    this.waiting.delete(seq);
    return waiting;
  }
}

/** A promise with what settles it. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
