import { describe, expect, it } from 'vitest';

import { listRuns } from '../../src/runs/listing';
import {
  asPanel,
  FakeCell,
  fakePanel,
  fakeRun,
  recordOf,
  viewOf
} from '../fakes';

function list(cells: FakeCell[], live = [] as ReturnType<typeof fakeRun>[]) {
  return listRuns(asPanel(fakePanel(cells)), live).map(
    ({ cell, source: { tree }, live }) => ({
      cell,
      question: tree.runs.get(tree.root ?? '')?.question,
      lives: live !== null
    })
  );
}

describe('the runs of a notebook', () => {
  it('are its records and those that live, in the order of its cells', () => {
    const cells = [
      new FakeCell('a', [recordOf('first')]),
      new FakeCell('b'),
      new FakeCell('c', [viewOf('second')]),
      new FakeCell('d', [recordOf('third')])
    ];

    expect(list(cells, [fakeRun('second', 'c')])).toEqual([
      { cell: 'a', question: 'first', lives: false },
      { cell: 'c', question: 'second', lives: true },
      { cell: 'd', question: 'third', lives: false }
    ]);
  });

  it('have at their end the live ones that no cell shows', () => {
    const cells = [new FakeCell('a'), new FakeCell('b', [recordOf('saved')])];

    expect(list(cells, [fakeRun('hidden', 'a')])).toEqual([
      { cell: 'b', question: 'saved', lives: false },
      { cell: null, question: 'hidden', lives: true }
    ]);
  });

  it('have a run once, when its record is there before its panel has gone', () => {
    const cells = [new FakeCell('a', [recordOf('ended', 'ended')])];

    expect(list(cells, [fakeRun('ended', 'a')])).toEqual([
      { cell: 'a', question: 'ended', lives: false }
    ]);
  });

  it('leave out a record that cannot be read', () => {
    const broken = recordOf('broken');
    Object.values(broken.data).forEach(record => {
      Object.assign(record as object, { version: 2 });
    });

    expect(list([new FakeCell('a', [broken])])).toEqual([]);
  });
});
