/** A run as the tests tell it, event by event. */
import { vi } from 'vitest';

import { emptyTree, fold } from '../../../src/panel/fold';
import type {
  AnyEvent,
  CodeExecuted,
  CodeProposed,
  RootReplied,
  RunFinished,
  RunStarted
} from '../../../src/panel/protocol';
import type { Controls, Decision, RunSource } from '../../../src/panel/source';
import type { Text } from '../../../src/panel/state';

type Told<T> = T extends AnyEvent
  ? Omit<T, 'seq' | 'run'> & { run?: string }
  : never;

export class Story implements RunSource {
  tree = emptyTree;
  controls: Controls | undefined;
  fetch: RunSource['fetch'];
  trace: string | undefined;
  clock = 100;
  readonly decide = vi.fn<(decision: Decision) => void>();
  readonly stop = vi.fn<() => void>();
  private readonly listeners = new Set<() => void>();

  constructor(live = false) {
    this.controls = live ? this.withControls() : undefined;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  now(): number {
    return this.clock;
  }

  tell(...events: Told<AnyEvent>[]): this {
    const { seq } = this.tree;
    const numbered = events.map((event, place) => ({
      run: 'root',
      ...event,
      seq: seq + place + 1
    }));
    this.tree = fold(this.tree, numbered);
    return this.changed();
  }

  withControls(known: Partial<Controls> = {}): Controls {
    return {
      decide: this.decide,
      stop: this.stop,
      sending: [],
      stopping: false,
      ...known
    };
  }

  /** The reply of the last step of the root run. */
  get reply(): Text | undefined {
    return this.tree.runs.get('root')?.steps.at(-1)?.reply;
  }

  changed(): this {
    for (const listener of [...this.listeners]) {
      listener();
    }
    return this;
  }
}

export function started(more: Partial<RunStarted> = {}): Told<RunStarted> {
  return {
    type: 'run_started',
    time: 90,
    question: 'How many?',
    model: 'big',
    sub_model: 'small',
    depth: 0,
    max_depth: 1,
    description: '',
    version: '0',
    ...more
  };
}

export function replied(
  step: number,
  text: string,
  run = 'root'
): Told<RootReplied> {
  return {
    type: 'root_replied',
    run,
    step,
    text,
    tokens: { input: 900, output: 100 },
    usd: 0.01,
    seconds: 1
  };
}

export function proposed(
  step: number,
  code: string,
  more: Partial<CodeProposed> = {}
): Told<CodeProposed> {
  return {
    type: 'code_proposed',
    step,
    block: 1,
    code,
    level: 'reads only',
    chips: [],
    asked: true,
    ...more
  };
}

export function executed(
  step: number,
  code: string,
  more: Partial<CodeExecuted> = {}
): Told<CodeExecuted> {
  return {
    type: 'code_executed',
    step,
    block: 1,
    code,
    output: '',
    output_chars: 0,
    seconds: 2,
    ...more
  };
}

export function finished(more: Partial<RunFinished> = {}): Told<RunFinished> {
  return { type: 'run_finished', time: 95, status: 'answered', ...more };
}

/** A run in which `code` waits for a person. */
export function waiting(code = 'print(1)', chips: string[] = []): Story {
  return new Story(true).tell(
    started(),
    { type: 'root_requested', step: 1, added: [] },
    replied(1, `I look.\n\n\`\`\`repl\n${code}\n\`\`\``),
    proposed(1, code, { chips })
  );
}
