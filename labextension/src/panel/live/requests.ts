/** What the person wants of the kernel: sent again until the events show that it happened. */
import type { FromBrowser } from '../protocol';
import type { Controls, Decision } from '../source';
import type { Tree } from '../state';

const MILLISECONDS = 1000;

export interface Line {
  send(message: FromBrowser): void;
  /** What there is to show has changed. */
  changed(): void;
  /** A stop was sent and the run goes on. */
  interrupt(): void;
}

export class Requests {
  /** A new object after each change, so that a view can tell. */
  controls: Controls;
  private readonly decided = new Set<string>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly line: Line) {
    this.controls = this.with([], false);
  }

  /** Forgets what `tree` shows to have happened. */
  confirm(tree: Tree): void {
    const { sending, stopping } = this.controls;
    const open = sending.filter(decision => isOpen(tree, decision));
    if (open.length < sending.length) {
      this.update(open, stopping);
    }
  }

  end(): void {
    if (this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  private with(sending: readonly Decision[], stopping: boolean): Controls {
    return {
      sending,
      stopping,
      decide: decision => {
        this.decide(decision);
      },
      stop: () => {
        this.stop();
      }
    };
  }

  private decide(decision: Decision): void {
    const { run, step, block } = decision;
    const key = JSON.stringify([run, step, block]);
    if (!this.decided.has(key)) {
      this.decided.add(key);
      const { sending, stopping } = this.controls;
      this.update([...sending, decision], stopping);
      this.line.send({ kind: 'decide', ...decision });
    }
  }

  private stop(): void {
    if (!this.controls.stopping) {
      this.update(this.controls.sending, true);
      this.line.send({ kind: 'stop' });
    }
  }

  private update(sending: readonly Decision[], stopping: boolean): void {
    this.controls = this.with(sending, stopping);
    if (sending.length === 0 && !stopping) {
      this.end();
    } else {
      this.timer ??= setInterval(() => {
        this.again();
      }, MILLISECONDS);
    }
    this.line.changed();
  }

  private again(): void {
    for (const decision of this.controls.sending) {
      this.line.send({ kind: 'decide', ...decision });
    }
    if (this.controls.stopping) {
      this.line.send({ kind: 'stop' });
      this.line.interrupt();
    }
  }
}

function isOpen(tree: Tree, { run, step, block }: Decision): boolean {
  return tree.questions.some(
    asked => asked.run === run && asked.step === step && asked.block === block
  );
}
