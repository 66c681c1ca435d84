import { describe, expect, it } from 'vitest';

import { Reattachment } from '../../src/live/reattachment';
import type { LiveRun } from '../../src/panel/page';
import type { ILiveRuns } from '../../src/shared/tokens';
import {
  asPanel,
  FakeCell,
  fakePanel,
  fakeRun,
  recordOf,
  viewOf
} from '../fakes';

const other = { data: { 'text/plain': 'of the person' }, metadata: {} };

function reattach(run: LiveRun, panel: ReturnType<typeof fakePanel>) {
  const live = { all: [run], notebookOf: () => asPanel(panel) };
  const reattachment = new Reattachment(live as unknown as ILiveRuns);
  reattachment.update();
  return reattachment;
}

describe('a notebook that was loaded anew', () => {
  it('gets the panel of a run that lives back, behind its other outputs, once', () => {
    const cell = new FakeCell('a', [other]);

    reattach(fakeRun('run', 'a'), fakePanel([cell])).update();

    expect(cell.list).toEqual([
      other,
      { output_type: 'display_data', ...viewOf('run') }
    ]);
    expect(cell.trusted).toBe(false);
  });

  it('trusts a cell with nothing but the panel, or the panel would not be drawn', () => {
    const cell = new FakeCell('a');

    reattach(fakeRun('run', 'a'), fakePanel([cell]));

    expect(cell.trusted).toBe(true);
  });

  it('keeps the panel that was saved in it', () => {
    const cell = new FakeCell('a', [viewOf('run')]);

    reattach(fakeRun('run', 'a'), fakePanel([cell]));

    expect(cell.list).toEqual([viewOf('run')]);
  });

  it('gets the record in the place of the panel, and keeps all else', async () => {
    const cell = new FakeCell('a', [other, viewOf('another')]);
    const record = recordOf('How many?');
    // It comes in a message, of which nothing else belongs in a notebook.
    const message = { kind: 'finished', ...record };
    const run = fakeRun('run', 'a', Promise.resolve(message));

    reattach(run, fakePanel([cell]));
    await run.record;

    expect(cell.list).toEqual([
      other,
      viewOf('another'),
      { output_type: 'display_data', ...record }
    ]);
  });

  it('is left alone where another cell than its own asked', () => {
    const cell = new FakeCell('a');

    reattach(fakeRun('run', 'elsewhere'), fakePanel([cell]));

    expect(cell.list).toEqual([]);
  });
});

describe('the notebook that ran the cell', () => {
  it('is left to the messages of the kernel', () => {
    const cell = new FakeCell('a');

    reattach(fakeRun('run', 'a'), fakePanel([cell], { heard: true }));

    expect(cell.list).toEqual([]);
  });
});
