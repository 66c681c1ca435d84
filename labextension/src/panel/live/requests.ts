/** What the person wants of the kernel: sent again until the events show that it happened. */
import type { FromBrowser } from '../protocol';
import type { Controls, Decision } from '../source';
import type { Tree } from '../state';
import { questionKey } from '../store';

const MILLISECONDS = 1000;

export interface Line {
  readonly send: (message: FromBrowser) => void;
  /** What there is to show has changed. */
  readonly changed: () => void;
  /** A stop was sent and the run goes on. */
  readonly interrupt: () => void;
}

export interface Requests {
  /** A new object after each change, so that a view can tell. */
  readonly controls: Controls;
  /** Forgets what `tree` shows to have happened. */
  confirm(tree: Tree): void;
  end(): void;
}

export function requests({ send, changed, interrupt }: Line): Requests {
  const decided = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let controls: Controls = {
    sending: [],
    stopping: false,
    decide(decision) {
      const key = questionKey(decision);
      if (!decided.has(key)) {
        decided.add(key);
        update({ sending: [...controls.sending, decision] });
        sendDecision(decision);
      }
    },
    stop() {
      if (!controls.stopping) {
        update({ stopping: true });
        send({ kind: 'stop' });
      }
    }
  };
  const sendDecision = (decision: Decision): void => {
    send({ kind: 'decide', ...decision });
  };
  const end = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const again = (): void => {
    controls.sending.forEach(sendDecision);
    if (controls.stopping) {
      send({ kind: 'stop' });
      interrupt();
    }
  };
  const update = (change: Partial<Controls>): void => {
    controls = { ...controls, ...change };
    if (controls.stopping || controls.sending.length > 0) {
      timer ??= setInterval(again, MILLISECONDS);
    } else {
      end();
    }
    changed();
  };
  return {
    get controls() {
      return controls;
    },
    confirm({ questions }) {
      const open = new Set(questions.map(questionKey));
      const sending = controls.sending.filter(it => open.has(questionKey(it)));
      if (sending.length < controls.sending.length) {
        update({ sending });
      }
    },
    end
  };
}
