import { asCode } from './text';

/** All that draws nothing, or turns the text around; some of it may be part of a text, not of code. */
const HIDDEN =
  /(?![\n\t])[\p{Cc}\p{Cf}\u034f\u115f\u1160\u2028\u2029\u3164\uffa0]/gu;

/** `code` with its hidden characters as codes: "⟨202E⟩". */
export function revealed(code: string): string {
  return code.replace(HIDDEN, asCode);
}

/** Where the first hidden character of `code` is, or -1. */
export function hiddenAt(code: string): number {
  return code.search(HIDDEN);
}
