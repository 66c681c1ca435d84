/** Texts that may be cut, and how numbers, durations, sizes and prices are written. */
import type { Cut } from './protocol';
import type { Text } from './state';

export function isCut(text: Text): text is Cut {
  return typeof text !== 'string';
}

export function startOf(text: Text): string {
  return isCut(text) ? text.start : text;
}

/** What is there of the end of a cut text; the whole of another. */
export function endOf(text: Text): string {
  return isCut(text) ? (text.end ?? '') : text;
}

/** Characters of the whole text. */
export function lengthOf(text: Text): number {
  return isCut(text) ? text.chars : text.length;
}

/** Characters between the start and the end that are not here. */
export function missingOf(text: Text): number {
  return isCut(text)
    ? Math.max(text.chars - points(text.start) - points(text.end ?? ''), 0)
    : 0;
}

/** The text in one string; where it is cut, a line between start and end says how much is gone. */
export function plain(text: Text): string {
  if (!isCut(text)) {
    return text;
  }
  return `${text.start}\n… ${number(missingOf(text))} characters …\n${text.end ?? ''}`;
}

/** `text` as a cut of about `longest` characters, where it is longer. */
export function cut(text: string, longest: number): Text {
  if (text.length <= longest) {
    return text;
  }
  const tail = Math.floor(longest / 4);
  return {
    start: text.slice(0, longest - tail),
    end: text.slice(-tail),
    chars: points(text)
  };
}

/** The first `count` characters, as Python counts them, of a text; the whole of one that is cut. */
export function upTo(text: Text, count: number): Text {
  return isCut(text) || text.length <= count
    ? text
    : Array.from(text).slice(0, count).join('');
}

/** One text behind another. */
export function joined(first: Text, second: Text): Text {
  if (!isCut(first)) {
    return isCut(second)
      ? {
          start: first + second.start,
          end: endOf(second),
          chars: first.length + second.chars
        }
      : first + second;
  }
  return {
    start: first.start,
    end: isCut(second) ? endOf(second) : endOf(first) + second,
    chars: first.chars + lengthOf(second)
  };
}

// Making a format takes longer than a thousand uses of it.
const format = (options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', options);
const WHOLE = format({ maximumFractionDigits: 0 });
const COMPACT = format({ notation: 'compact', maximumFractionDigits: 1 });
const CENTS = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** "12,345" */
export function number(value: number): string {
  return WHOLE.format(value);
}

/** "950", "12.3k", "4.5M" */
export function compact(value: number): string {
  return value < 1000 ? number(value) : COMPACT.format(value).replace('K', 'k');
}

/** "340 ms", "1.2 s", "3 min 20 s", "2 h 5 min" */
export function duration(seconds: number): string {
  if (seconds < 0.9995) {
    return `${String(Math.max(Math.round(seconds * 1000), 0))} ms`;
  }
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  return whole < 3600
    ? `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`
    : `${number(Math.floor(whole / 3600))} h ${String(Math.floor((whole % 3600) / 60))} min`;
}

/** "$0", "$0.0123", "$1.23", "<$0.0001" */
export function usd(value: number): string {
  if (value > 0 && value < 0.00005) {
    return '<$0.0001';
  }
  const digits = value < 1 ? value.toFixed(4) : CENTS.format(value);
  return `$${value === 0 ? '0' : digits}`;
}

/** A price that was chosen or estimated: "$0.5000" as "$0.50". */
export function roughUsd(value: number): string {
  return usd(value).replace(/(\.\d\d)00$/, '$1');
}

/** The start of a text on one line. */
export function preview(text: Text): string {
  const start = startOf(text).slice(0, 200).trim().replace(/\s+/g, ' ');
  return visible(start) + (isCut(text) ? '…' : '');
}

/** Characters that draw nothing, or turn the text around, as codes: "⟨1B⟩", "⟨202E⟩". */
export function visible(text: string): string {
  // Emoji and several scripts are written with the joiners.
  return text.replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, asCode);
}

export function asCode(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  return `⟨${code.toString(16).toUpperCase().padStart(2, '0')}⟩`;
}

/** Characters as Python counts them: of a pair, only the first half. */
function points(text: string): number {
  return text.replace(/[\udc00-\udfff]/g, '').length;
}
