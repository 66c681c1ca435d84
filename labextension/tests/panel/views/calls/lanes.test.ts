import { describe, expect, it } from 'vitest';

import { lanesOf } from '../../../../src/panel/views/calls/lanes';
import { call, RUNNING, START } from './calls';

const at = (number: number, from: number, seconds: number | null) =>
  call(number, {
    ...(seconds === null ? RUNNING : {}),
    started: START + from,
    seconds
  });

describe('lanes', () => {
  it('are as many as calls ran at once', () => {
    const { of, count } = lanesOf([
      at(1, 0, 4),
      at(2, 1, 1),
      at(3, 2, 1),
      at(4, 2.5, 3),
      at(5, 4, 1)
    ]);
    expect(of).toEqual([0, 1, 1, 2, 0]);
    expect(count).toBe(3);
  });

  it('are held by a call until it ends', () => {
    const first = [at(1, 0, null), at(2, 1, null)];
    const second = [at(1, 0, 2), at(2, 1, null), at(3, 3, null)];
    const third = [at(1, 0, 2), at(2, 1, 3), at(3, 3, 2), at(4, 4, 1)];
    expect(lanesOf(first).of).toEqual([0, 1]);
    expect(lanesOf(second).of).toEqual([0, 1, 0]);
    expect(lanesOf(third).of).toEqual([0, 1, 0, 1]);
  });
});
