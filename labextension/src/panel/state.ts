/**
 * What the panel shows, computed from the events of a run alone.
 *
 * Every value is immutable: a fold returns new objects along the path that changed, and the same
 * ones elsewhere, so that a view can tell by identity whether it has to draw anew.
 */
import type {
  Bounds,
  CallRetried,
  CodeDecided,
  CodeExecuted,
  Cut,
  RunFinished,
  SpendDecided
} from './protocol';

export type Text = string | Cut;
export type Status = RunFinished['status'];
export type Fault = CallRetried['fault'];
export type Strategy = NonNullable<CodeExecuted['strategies']>[number];

export interface Tokens {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** `usd` is null as soon as the price of one call is unknown: unknown is never zero. */
export interface Totals {
  readonly steps: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Replies from the store, of root models too; they count neither as calls nor in the price. */
  readonly cached: number;
  /** Requests that were sent again, of root models too. */
  readonly retries: number;
  /** Sub-calls that a batch has announced and that have not begun. */
  readonly planned: number;
  readonly children: number;
  /** Answered ones, of root models and sub-models together; so are tokens and price. */
  readonly calls: number;
  readonly tokens: Tokens;
  readonly usd: number | null;
  /** What requests that were given up may have cost more; null where no price is known. */
  readonly abandoned: number | null;
}

export interface Call {
  readonly call: number;
  readonly model: string;
  readonly atLimit: boolean;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  readonly prompt: Text;
  readonly reply: Text | null;
  readonly error: Text | null;
  /** How it failed, or how its requests did that were sent again. */
  readonly faults: readonly Fault[];
  readonly cached: boolean;
  readonly cutOff: boolean;
  readonly hedged: boolean;
  readonly retries: number;
  readonly images: readonly string[];
  /** "temperature 0.2" */
  readonly parameters: readonly string[];
  readonly tokens: Tokens;
  readonly usd: number | null;
  /** Seconds since the epoch on the kernel's clock; null where the source has no times. */
  readonly started: number | null;
  readonly seconds: number | null;
  /** The events that hold the prompt and the reply in full. */
  readonly promptSeq: number;
  readonly replySeq: number | null;
}

export interface Block {
  readonly block: number;
  readonly proposedSeq: number;
  /** As the model wrote it; `decided.code` holds an edit. */
  readonly code: Text;
  readonly level: string;
  readonly chips: readonly string[];
  readonly asked: boolean;
  readonly decided: {
    readonly decision: CodeDecided['decision'];
    readonly code: Text | null;
    readonly note: Text;
    /** Whether all further code of the run was approved with it. */
    readonly rest: boolean;
  } | null;
  readonly executed: {
    readonly seq: number;
    readonly code: Text;
    readonly output: Text;
    readonly outputChars: number;
    readonly error: Text | null;
    readonly bound: readonly string[];
    readonly deleted: readonly string[];
    readonly strategies: readonly Strategy[];
    readonly seconds: number | null;
  } | null;
}

/** Calls that a person is asked about before they are sent, by the code of `block`. */
export interface Spend {
  readonly spend: number;
  readonly block: number;
  readonly calls: number;
  readonly model: string;
  /** Estimates; null is an unknown price. */
  readonly tokens: number;
  readonly usd: number | null;
  readonly decided: {
    readonly decision: SpendDecided['decision'];
    readonly note: Text;
    readonly rest: boolean;
  } | null;
}

export interface Step {
  readonly number: number;
  /** The reply as far as it has been streamed, then the whole of it. */
  readonly reply: Text;
  readonly replySeq: number | null;
  readonly tokens: Tokens | null;
  readonly usd: number | null;
  readonly seconds: number | null;
  readonly retries: number;
  readonly cached: boolean;
  readonly cutOff: boolean;
  /** Why there is no reply, for good. */
  readonly fault: Fault | null;
  readonly blocks: readonly Block[];
  readonly spends: readonly Spend[];
  /** Places in `Run.calls`. */
  readonly calls: readonly number[];
  /** Sub-calls that its batches have announced and that have not begun. */
  readonly planned: number;
  /** Prompts that are equal to another of their batch, and get its reply. */
  readonly repeats: number;
  /** Sub-calls, steps and child runs that a saved record had no room for. */
  readonly omitted: number;
  readonly omittedSteps: number;
  readonly omittedRuns: number;
  /** Ids of child runs. */
  readonly children: readonly string[];
}

/** What a run that has not ended is doing. */
export type Doing =
  'starting' | 'asking' | 'deciding' | 'executing' | 'calling' | 'waiting';

export interface Run {
  readonly id: string;
  readonly question: Text;
  readonly model: string;
  readonly subModel: string;
  readonly parent: string | null;
  readonly parentStep: number | null;
  readonly context: readonly string[] | null;
  readonly budget: Bounds;
  readonly description: Text;
  readonly started: number | null;
  readonly ended: number | null;
  readonly doing: Doing;
  readonly status: Status | null;
  readonly answer: Text | null;
  readonly answerSeq: number | null;
  readonly answerType: string | null;
  readonly answerName: string | null;
  readonly error: Text | null;
  readonly steps: readonly Step[];
  readonly calls: readonly Call[];
}

/** A block that waits for a person, or calls that do: with `spend`, which a tree has once. */
export interface Question {
  readonly run: string;
  readonly step: number;
  readonly block: number;
  readonly spend?: number;
}

/** A request that failed and is sent again `until` is over, by the kernel's clock. */
export interface Wait {
  readonly run: string;
  /** Null for the root model's. */
  readonly call: number | null;
  readonly fault: Fault;
  readonly until: number;
}

/** A run tree. `seq` is the last event that was folded in; 0 is none. */
export interface Tree {
  readonly seq: number;
  readonly root: string | null;
  readonly runs: ReadonlyMap<string, Run>;
  readonly totals: Totals;
  /** Oldest first. */
  readonly questions: readonly Question[];
  readonly waits: readonly Wait[];
  readonly notices: readonly Text[];
}
