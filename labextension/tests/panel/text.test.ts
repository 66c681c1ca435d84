import { describe, expect, it } from 'vitest';

import {
  compact,
  cut,
  duration,
  joined,
  missingOf,
  number,
  plain,
  usd
} from '../../src/panel/text';

describe('figures', () => {
  it.each([
    [number(12345.4), '12,345'],
    [compact(950), '950'],
    [compact(12_345), '12.3k'],
    [compact(4_500_000), '4.5M'],
    [duration(0), '0 ms'],
    [duration(0.34), '340 ms'],
    [duration(0.9999), '1.0 s'],
    [duration(1.23), '1.2 s'],
    [duration(59.97), '1 min 0 s'],
    [duration(200), '3 min 20 s'],
    [duration(7500), '2 h 5 min'],
    [usd(0), '$0'],
    [usd(0.00001), '<$0.0001'],
    [usd(0.0123), '$0.0123'],
    [usd(1234.5), '$1,234.50']
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});

describe('a cut text', () => {
  it('says how much of it is missing, as Python counts', () => {
    const text = cut('😀'.repeat(100), 40);
    expect(text).toMatchObject({ chars: 100 });
    expect(missingOf(text)).toBe(80);
    expect(plain(text)).toContain('… 80 characters …');
  });

  it('goes on where another begins', () => {
    const first = { start: 'a', end: 'b', chars: 10 };
    const second = { start: 'c', end: 'd', chars: 10 };
    expect(joined(first, second)).toEqual({ start: 'a', end: 'd', chars: 20 });
    expect(joined(first, 'x')).toEqual({ start: 'a', end: 'bx', chars: 11 });
    expect(joined('x', second)).toEqual({ start: 'xc', end: 'd', chars: 11 });
    expect(joined('x', 'y')).toBe('xy');
  });
});
