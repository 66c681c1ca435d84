import type { Model } from '../../src/panel/live';
import type {
  AnyEvent,
  FromBrowser,
  FromKernel
} from '../../src/panel/protocol';

type Listener = Parameters<Model['on']>[1];

/** A widget's model whose kernel is the test. */
export class FakeModel implements Model {
  sent: FromBrowser[] = [];
  private readonly listeners = new Set<Listener>();

  constructor(readonly id = 'model') {}

  get(key: 'id' | 'cell'): unknown {
    return key === 'id' ? this.id : 'cell';
  }

  send(message: FromBrowser): void {
    this.sent.push(message);
  }

  on(_: 'msg:custom', listener: Listener): void {
    this.listeners.add(listener);
  }

  off(_: 'msg:custom', listener: Listener): void {
    this.listeners.delete(listener);
  }

  message(message: FromKernel, buffers: DataView[] = []): void {
    for (const listener of this.listeners) {
      listener(message, buffers);
    }
  }

  buffer(message: FromKernel, text: string): void {
    const bytes = Uint8Array.from(Buffer.from(text));
    this.message(message, [new DataView(bytes.buffer)]);
  }

  events(events: readonly AnyEvent[], after = (events[0]?.seq ?? 1) - 1): void {
    const last = events.at(-1)?.seq ?? after;
    const lines = events.map(event => JSON.stringify(event));
    this.buffer(
      { kind: 'events', after, last, now: Date.now() / 1000 },
      lines.join('\n')
    );
  }
}
