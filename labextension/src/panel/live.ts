/** A run that lives in a kernel, over the messages of its widget. */
import { emptyTree, fold } from './fold';
import { deferred, Fetches } from './live/fetches';
import { oncePerFrame } from './live/frames';
import { Requests } from './live/requests';
import { page } from './page';
import type { LiveRun } from './page';
import type { Events, Finished, FromBrowser, FromKernel } from './protocol';
import { readEvent } from './saved';
import type { Controls, RunSource } from './source';

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
const LONGEST_WAIT = 8000;
const BETWEEN_HELLOS = 500;

/** The run that `model` shows, until `end` is called. */
export function liveRun(model: Model): LiveRun & { end(): void } {
  return new Live(model);
}

class Live implements LiveRun {
  readonly source: RunSource;
  private tree = emptyTree;
  private have = 0;
  private ended = false;
  private interrupted = false;
  private offset = -Infinity;
  private lastHello = -Infinity;
  private hello: ReturnType<typeof setTimeout> | undefined;
  private readonly finished = deferred<Finished>();
  private readonly listeners = new Set<() => void>();
  private readonly frames = oncePerFrame(() => {
    for (const listener of [...this.listeners]) {
      listener();
    }
  });
  private readonly fetches = new Fetches(seq => {
    this.model.send({ kind: 'fetch', seq });
  });
  private readonly requests = new Requests({
    send: message => {
      this.model.send(message);
    },
    changed: () => {
      this.frames.ask();
    },
    interrupt: () => {
      this.interrupt();
    }
  });

  constructor(private readonly model: Model) {
    this.source = this.makeSource();
    model.on('msg:custom', this.take);
    this.greet(FIRST_WAIT);
  }

  get record(): Promise<Finished> {
    return this.finished.promise;
  }

  get id(): string {
    return text(this.model.get('id'));
  }

  get cell(): string {
    return text(this.model.get('cell'));
  }

  end(): void {
    this.ended = true;
    this.model.off('msg:custom', this.take);
    clearTimeout(this.hello);
    this.requests.end();
    this.fetches.end();
    this.frames.ask();
  }

  private makeSource(): RunSource {
    const tree = () => this.tree;
    const controls = () => this.controls;
    const fetch = () => (this.ended ? undefined : this.fetch);
    return {
      get tree() {
        return tree();
      },
      get controls() {
        return controls();
      },
      get fetch() {
        return fetch();
      },
      subscribe: listener => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      now: () =>
        Date.now() / 1000 + (Number.isFinite(this.offset) ? this.offset : 0)
    };
  }

  private readonly fetch = (seq: number) => this.fetches.fetch(seq);

  private get controls(): Controls | undefined {
    const root = this.tree.runs.get(this.tree.root ?? '');
    const lives = !this.ended && (root?.status ?? null) === null;
    return lives ? this.requests.controls : undefined;
  }

  private readonly take: Listener = (message, buffers = []) => {
    switch (message.kind) {
      case 'events':
        this.takeEvents(message, linesOf(buffers[0]));
        break;
      case 'fetched': {
        const event = readEvent(linesOf(buffers[0]).join('\n'));
        if (event) {
          this.fetches.take(event);
        }
        break;
      }
      case 'finished':
        this.end();
        this.finished.resolve(message);
        break;
    }
  };

  private takeEvents(message: Events, lines: readonly string[]): void {
    // The message that was fastest tells best how the clocks differ.
    this.offset = Math.max(this.offset, message.now - Date.now() / 1000);
    clearTimeout(this.hello);
    if (message.after > this.have) {
      this.sayHello();
      return;
    }
    if (message.last <= this.have) {
      return;
    }
    const events = lines.map(readEvent).filter(event => event !== null);
    this.tree = fold(
      this.tree,
      events.filter(event => event.seq > this.have)
    );
    this.have = message.last;
    this.requests.confirm(this.tree);
    if (!this.controls) {
      this.requests.end();
    }
    this.frames.ask();
  }

  /** Says hello until the first events come: the kernel may not listen yet. */
  private greet(wait: number): void {
    this.sayHello();
    this.hello = setTimeout(() => {
      this.greet(Math.min(wait * 1.5, LONGEST_WAIT));
    }, wait);
  }

  /** Not too often: what is sent behind a gap comes until the kernel has heard of it. */
  private sayHello(): void {
    const now = performance.now();
    if (now - this.lastHello > BETWEEN_HELLOS) {
      this.lastHello = now;
      this.model.send({ kind: 'hello', have: this.have });
    }
  }

  private interrupt(): void {
    const { host } = page();
    if (host && !this.interrupted) {
      this.interrupted = true;
      host.interrupt(this);
    }
  }
}

function linesOf(buffer: DataView | ArrayBuffer | undefined): string[] {
  return new TextDecoder().decode(buffer).split('\n');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
