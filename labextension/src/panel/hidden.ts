import { visible } from './text';

/** Signs that may be part of a text, but have no business in code: they draw nothing. */
const IN_CODE = /[\u034f\u115f\u1160\u200c\u2028\u2029\u3164\uffa0]|\u200d/gu;

/** `code` with all that draws nothing, or turns the text around, as codes: "⟨202E⟩". */
export function revealed(code: string): string {
  return visible(code).replace(
    IN_CODE,
    sign => `⟨${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}⟩`
  );
}

export function hasHidden(code: string): boolean {
  return revealed(code) !== code;
}
