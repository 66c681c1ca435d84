/**
 * Reads the fields of events. Defaults are left out on the way here, and a trace file may come
 * from anywhere: what is absent, or of another type than it should be, becomes the empty value.
 */
import type { Text, Tokens } from '../state';

export function flag(value: unknown): boolean {
  return value === true;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function name(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function names(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? value.filter(item => typeof item === 'string')
    : [];
}

export function text(value: unknown): Text | null {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { start, end = '', chars } = value as Record<string, unknown>;
  return typeof start === 'string' &&
    typeof end === 'string' &&
    typeof chars === 'number'
    ? { start, end, chars }
    : null;
}

export function tokens(value: unknown): Tokens {
  const given = (value ?? {}) as Record<string, unknown>;
  return {
    input: number(given.input) ?? 0,
    cached: number(given.cached) ?? 0,
    output: number(given.output) ?? 0
  };
}

export function addTokens(one: Tokens, other: Tokens): Tokens {
  return {
    input: one.input + other.input,
    cached: one.cached + other.cached,
    output: one.output + other.output
  };
}

/** The price of two things together: unknown as soon as one is. */
export function addUsd(
  one: number | null,
  other: number | null
): number | null {
  return one === null || other === null ? null : one + other;
}
