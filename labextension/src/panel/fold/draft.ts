import type { Block, Call, Run, Step, Totals, Tree } from '../state';

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A tree while events are folded into it: what an event changes is copied the first time, and
 * written in place from then on, so that a fold costs one copy however many events it has.
 */
export class Draft {
  readonly tree: Writable<Tree>;
  readonly #own = new Set<object>();
  #runs: Map<string, Run> | null = null;

  constructor(tree: Tree) {
    this.tree = { ...tree };
  }

  get totals(): Writable<Totals> {
    return this.at(this.tree, 'totals');
  }

  /** The object or list at `key` of `owner`, to be written to. */
  at<O extends object, K extends keyof O>(owner: O, key: K): Writable<O[K]> {
    const value = owner[key] as object;
    if (!this.#own.has(value)) {
      const copy = Array.isArray(value)
        ? [...(value as unknown[])]
        : { ...value };
      this.#own.add(copy);
      owner[key] = copy as O[K];
    }
    return owner[key];
  }

  /** Appends a new object to the list at `key` of `owner`; returns its place. */
  append<O extends object, K extends keyof O>(
    owner: O,
    key: K,
    item: O[K] extends readonly (infer T)[] ? T : never
  ): number {
    if (typeof item === 'object' && item !== null) {
      this.#own.add(item);
    }
    return (this.at(owner, key) as unknown as unknown[]).push(item) - 1;
  }

  /** The run `id`, which may be one whose beginning is missing. */
  run(id: string): Writable<Run> {
    const known = this.tree.runs.get(id);
    if (known && this.#own.has(known)) {
      return known;
    }
    const run = known ? { ...known } : emptyRun(id);
    this.#own.add(run);
    this.tree.runs = this.#runs ??= new Map(this.tree.runs);
    this.#runs.set(id, run);
    this.tree.root ??= id;
    return run;
  }

  step(run: Writable<Run>, number: number): Writable<Step> {
    let place = run.steps.findLastIndex(step => step.number === number);
    if (place < 0) {
      place = this.append(run, 'steps', emptyStep(number));
      this.totals.steps += 1;
    }
    return this.at(this.at(run, 'steps'), place);
  }

  block(step: Writable<Step>, number: number): Writable<Block> {
    let place = step.blocks.findIndex(block => block.block === number);
    if (place < 0) {
      place = this.append(step, 'blocks', emptyBlock(number));
    }
    return this.at(this.at(step, 'blocks'), place);
  }

  call(run: Writable<Run>, place: number): Writable<Call> {
    return this.at(this.at(run, 'calls'), place);
  }
}

function emptyRun(id: string): Run {
  return {
    id,
    question: '',
    model: '',
    subModel: '',
    parent: null,
    parentStep: null,
    context: null,
    budget: {},
    description: '',
    started: null,
    ended: null,
    doing: 'starting',
    status: null,
    answer: null,
    answerSeq: null,
    answerType: null,
    answerName: null,
    error: null,
    steps: [],
    calls: []
  };
}

function emptyStep(number: number): Step {
  return {
    number,
    reply: '',
    replySeq: null,
    tokens: null,
    usd: null,
    seconds: null,
    retries: 0,
    cached: false,
    cutOff: false,
    fault: null,
    blocks: [],
    spends: [],
    calls: [],
    planned: 0,
    repeats: 0,
    omitted: 0,
    omittedSteps: 0,
    omittedRuns: 0,
    children: []
  };
}

function emptyBlock(block: number): Block {
  return {
    block,
    proposedSeq: 0,
    code: '',
    level: '',
    chips: [],
    asked: false,
    decided: null,
    executed: null
  };
}
