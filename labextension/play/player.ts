/** Plays the events of a trace as if the run went on now. */
import { emptyTree, fold } from '../src/panel/fold';
import type { AnyEvent } from '../src/panel/protocol';
import type { Controls, Decision, RunSource } from '../src/panel/source';
import { questionKey } from '../src/panel/store';

const TICK = 50; // milliseconds

export interface Options {
  /** Of the playing; 0 shows everything at once. */
  readonly speed: number;
  /** The last event to show. */
  readonly until: number;
  /** With controls: the playing waits for decisions. */
  readonly live: boolean;
}

export function play(
  recorded: readonly AnyEvent[],
  { speed, until, live }: Options
): RunSource {
  const events = recorded.filter(({ seq }) => seq <= until);
  const decisions = new Map<string, Decision>();
  const listeners = new Set<() => void>();
  let tree = emptyTree;
  let place = 0;
  let clock = events[0]?.time ?? 0;
  let stopped = false;

  const changed = (): void => {
    for (const listener of [...listeners]) {
      listener();
    }
  };
  const controls = (stopping: boolean): Controls => ({
    sending: [],
    stopping,
    decide(decision) {
      decisions.set(questionKey(decision), decision);
    },
    stop() {
      stopped = true;
      source.controls = controls(true);
      changed();
    }
  });
  const source: RunSource & { controls: Controls | undefined } = {
    get tree() {
      return tree;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    controls: live ? controls(false) : undefined,
    fetch(seq) {
      const event = recorded.find(event => event.seq === seq);
      return event
        ? Promise.resolve(event)
        : Promise.reject(new Error('The trace has no such event.'));
    },
    now: () => clock
  };

  const waits = (): boolean =>
    live && tree.questions.some(asked => !decisions.has(questionKey(asked)));
  const advance = (): void => {
    const before = place;
    for (
      let next = events[place];
      next && (next.time ?? 0) <= clock && !waits();
      next = events[place]
    ) {
      tree = fold(tree, [decided(next, [...decisions.values()])]);
      place += 1;
    }
    if (stopped) {
      tree = fold(tree, [ending(tree.seq + 1, tree.root ?? '', clock)]);
    }
    if (place > before || stopped) {
      if (tree.runs.get(tree.root ?? '')?.status) {
        source.controls = undefined;
      }
      changed();
    }
  };

  if (speed === 0) {
    clock = events.at(-1)?.time ?? 0;
  }
  advance();
  if (speed > 0 || live) {
    const timer = setInterval(() => {
      clock += waits() ? 0 : (speed || 1) * (TICK / 1000);
      advance();
      if (stopped || (place === events.length && !live)) {
        clearInterval(timer);
      }
    }, TICK);
  }
  return source;
}

/** A recorded decision gives way to the one that was made on the page. */
function decided(event: AnyEvent, decisions: readonly Decision[]): AnyEvent {
  const made = decisions.find(({ run, step, block, spend }) =>
    event.run !== run
      ? false
      : event.type === 'spend_decided'
        ? event.spend === spend
        : event.type === 'code_decided' &&
          spend === undefined &&
          event.step === step &&
          event.block === block
  );
  return made ? ({ ...event, ...made } as AnyEvent) : event;
}

function ending(seq: number, run: string, time: number): AnyEvent {
  const error = 'The run was stopped.';
  return { type: 'run_finished', seq, run, time, status: 'stopped', error };
}
