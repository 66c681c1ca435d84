import { describe, expect, it } from 'vitest';

import { isProse, PROSE, ProseCells } from '../../src/prose/proseCells';
import { asPanel, FakeCell, fakePanel } from '../fakes';

const PYTHON = 'text/x-python';

function follow(cells: FakeCell[], loaded = Promise.resolve(null)) {
  const panel = fakePanel(cells);
  for (const cell of cells) {
    cell.mimeType = PYTHON;
  }
  new ProseCells(asPanel(panel).content, asPanel(panel), {
    getLanguage: () => loaded
  });
  return panel;
}

describe('a question', () => {
  it.each(['%%rlm', '%%rlm -c notes\nHow many?', '\n  \n%%rlm\nWhy?'])(
    'is a cell with %j',
    source => {
      expect(isProse(source)).toBe(true);
    }
  );

  it.each(['', '%rlm undo', '%%rlmx', 'x = 1\n%%rlm', '# %%rlm'])(
    'is not a cell with %j',
    source => {
      expect(isProse(source)).toBe(false);
    }
  );
});

describe('a cell', () => {
  it('is prose from the moment it asks a question, and code from when it does not', async () => {
    const cell = new FakeCell('a', [], 'x = 1');
    follow([cell]);

    cell.write('%%rlm\nWhy?');
    await expect.poll(() => cell.mimeType).toBe(PROSE);

    cell.write('x = 1');
    await expect.poll(() => cell.mimeType).toBe(PYTHON);
  });

  it('stays prose when the kernel says its language', async () => {
    const cell = new FakeCell('a', [], '%%rlm\nWhy?');
    follow([cell]);

    cell.mimeType = 'text/x-ipython';

    await expect.poll(() => cell.mimeType).toBe(PROSE);
  });

  it('may be a new one', async () => {
    const panel = follow([]);
    const cell = new FakeCell('a', [], '%%rlm\nWhy?');

    panel.model.cells.push(cell);
    panel.model.cells.changed.emit();

    await expect.poll(() => cell.mimeType).toBe(PROSE);
  });

  it('becomes prose only when an editor has the language of before', async () => {
    let resolve: (language: null) => void = () => undefined;
    const promise = new Promise<null>(done => {
      resolve = done;
    });
    const cell = new FakeCell('a', [], '%%rlm\nWhy?');
    follow([cell], promise);
    await Promise.resolve();
    expect(cell.mimeType).toBe(PYTHON);

    resolve(null);

    await expect.poll(() => cell.mimeType).toBe(PROSE);
  });
});
