/** What can be said about many sub-calls in one line. */
import type { Call } from '../../state';
import { isCut } from '../../text';
import { count, faultWords } from '../../words';

/** A status, or `cached`: done at no cost. */
export type Kind = Call['status'] | 'cached';

export interface Summary {
  readonly counts: Readonly<Record<Kind, number>>;
  /** Seconds; null until a call has ended. */
  readonly median: number | null;
  readonly slowest: number | null;
  readonly tokens: number;
  /** A part of them. */
  readonly cached: number;
  readonly retries: number;
  readonly hasNotes: boolean;
  /** At least one price is known and not zero. */
  readonly hasPrices: boolean;
  /** At least one text is cut. */
  readonly isCut: boolean;
}

export function kindOf(call: Call): Kind {
  return call.cached && call.status === 'done' ? 'cached' : call.status;
}

/** What a kind is called. */
export function nameOf(kind: Kind): string {
  return kind === 'cached' ? 'from the store' : kind;
}

/** What is out of the ordinary about a call, in short phrases. */
export function notesOf(call: Call): string[] {
  const { faults, cached, retries, hedged, cutOff, images } = call;
  return [
    cached && 'from the store',
    ...faults.map(faultWords),
    retries > 0 && count(retries, 'retry', 'retries'),
    hedged && 'hedged',
    cutOff && 'cut off',
    images.length > 0 && count(images.length, 'image')
  ].filter(note => note !== false);
}

export function tokensOf(call: Call): number {
  return call.tokens.input + call.tokens.output;
}

export function summarise(calls: readonly Call[]): Summary {
  const counts = { running: 0, done: 0, failed: 0, cancelled: 0, cached: 0 };
  const seconds = [];
  let tokens = 0;
  let cached = 0;
  let retries = 0;
  let hasNotes = false;
  let hasPrices = false;
  let someCut = false;
  for (const call of calls) {
    counts[call.status] += 1;
    counts.cached += call.cached ? 1 : 0;
    tokens += tokensOf(call);
    cached += call.tokens.cached;
    retries += call.retries;
    hasNotes ||= notesOf(call).length > 0;
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
    cached,
    retries,
    hasNotes,
    hasPrices,
    isCut: someCut
  };
}
