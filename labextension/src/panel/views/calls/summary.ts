/** What can be said about many sub-calls in one line. */
import type { Call } from '../../state';
import { isCut } from '../../text';

/** A status, or `cached`: done at no cost. */
export type Kind = Call['status'] | 'cached';

export interface Summary {
  readonly counts: Readonly<Record<Kind, number>>;
  /** Seconds; null until a call has ended. */
  readonly median: number | null;
  readonly slowest: number | null;
  readonly tokens: number;
  readonly hasRetries: boolean;
  /** At least one price is known and not zero. */
  readonly hasPrices: boolean;
  /** At least one text is cut. */
  readonly isCut: boolean;
}

export function kindOf(call: Call): Kind {
  return call.cached && call.status === 'done' ? 'cached' : call.status;
}

export function tokensOf(call: Call): number {
  return call.tokens.input + call.tokens.output;
}

export function summarise(calls: readonly Call[]): Summary {
  const counts = { running: 0, done: 0, failed: 0, cancelled: 0, cached: 0 };
  const seconds = [];
  let tokens = 0;
  let hasRetries = false;
  let hasPrices = false;
  let someCut = false;
  for (const call of calls) {
    counts[call.status] += 1;
    counts.cached += call.cached ? 1 : 0;
    tokens += tokensOf(call);
    hasRetries ||= call.retries > 0;
    hasPrices ||= (call.usd ?? 0) > 0;
    someCut ||=
      isCut(call.prompt) || (call.reply !== null && isCut(call.reply));
    if (call.seconds !== null) {
      seconds.push(call.seconds);
    }
  }
  const sorted = Float64Array.from(seconds).sort();
  return {
    counts,
    median: sorted[sorted.length >> 1] ?? null,
    slowest: sorted.at(-1) ?? null,
    tokens,
    hasRetries,
    hasPrices,
    isCut: someCut
  };
}
