import { describe, expect, it } from 'vitest';

import {
  choose,
  isRunning,
  isWaiting,
  nextWaiting
} from '../../src/live/targets';
import type { LiveRun } from '../../src/panel/page';

function run(cell: string, { waits }: { waits: boolean }): LiveRun {
  const questions = waits ? [{ run: cell, step: 1, block: 1 }] : [];
  return {
    cell,
    source: { tree: { questions }, controls: {} }
  } as unknown as LiveRun;
}

const running = run('running', { waits: false });
const first = run('first', { waits: true });
const second = run('second', { waits: true });
const runs = [running, first, second];

describe('a command', () => {
  it('is meant for the run of the active cell', () => {
    expect(choose(runs, 'second', isWaiting)).toBe(second);
  });

  it('is meant for the oldest run where the active cell has none that fits', () => {
    expect(choose(runs, 'running', isWaiting)).toBe(first);
    expect(choose(runs, undefined, isRunning)).toBe(running);
  });

  it('is meant for none where none fits', () => {
    expect(choose([running], 'running', isWaiting)).toBeUndefined();
  });
});

describe('the next approval', () => {
  it('is the one behind that of the active cell, and then the first again', () => {
    expect(nextWaiting(runs, 'first')).toBe(second);
    expect(nextWaiting(runs, 'second')).toBe(first);
  });

  it('is the oldest one from everywhere else', () => {
    expect(nextWaiting(runs, 'running')).toBe(first);
    expect(nextWaiting([running], 'running')).toBeUndefined();
  });
});
