/** What a panel is drawn from: a live run, a saved record, or a trace file. */
import type { AnyEvent, Decide } from './protocol';
import type { Tree } from './state';

/** A decision about one question; see `Decide` in the protocol. */
export type Decision = Omit<Decide, 'kind'>;

/** What can be done to a run that lives. */
export interface Controls {
  /** Sent until the question is seen to be decided; a second decision about it is ignored. */
  decide(decision: Decision): void;
  stop(): void;
  /** Decisions that were made here and that the kernel has not confirmed yet. */
  readonly sending: readonly Decision[];
  readonly stopping: boolean;
}

export interface RunSource {
  readonly tree: Tree;
  /** Calls `listener` after each change of what this source shows; returns its removal. */
  subscribe(listener: () => void): () => void;
  /** Absent where the run has ended or is only remembered. */
  readonly controls?: Controls | undefined;
  /** An event with its texts in full; absent where the source has no more than it shows. */
  fetch?: ((seq: number) => Promise<AnyEvent>) | undefined;
  /** The path of the trace file, where it is known. */
  readonly trace?: string | undefined;
  /** The kernel's clock, in seconds since the epoch. */
  now(): number;
}
