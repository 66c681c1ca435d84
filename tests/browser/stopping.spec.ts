import type { Notebook } from './notebook';
import { expect, test } from './lab';
import { code, type Models } from './models';
import type { PanelInCell } from './panel';

const BUSY = 'seen.append(1)\nwhile True:\n    pass';

/** The states of a run in which a person may lose patience, each from the first cell on. */
const STATES: Record<
  string,
  (book: Notebook, models: Models) => Promise<PanelInCell>
> = {
  'the root model thinks': async (book, models) => {
    await models.script({ content: code('seen.append(1)'), hold: 'root' });
    const run = await book.start(1);
    await models.wait({ held: 1 });
    await expect(run.status).toHaveText('Root model is writing');
    return run;
  },
  'it waits for approval': async (book, models) => {
    await models.script(code('seen.append(1)'));
    const run = await book.start(1);
    await run.approval.waitFor();
    return run;
  },
  'sub-calls run': async (book, models) => {
    await models.script(
      code("llm_query_batched(['a', 'b', 'c'])\nseen.append(1)")
    );
    await models.rule('', { content: 'late', hold: 'calls' });
    const run = await book.start(1);
    await run.button('Approve').click();
    await models.wait({ held: 3 });
    await expect(run.status).toHaveText('Sub-calls are running');
    return run;
  },
  'its code is busy': async (book, models) => {
    await models.script(code(BUSY));
    const run = await book.start(1);
    await run.button('Approve').click();
    await expect(run.status).toHaveText('Code is running');
    return run;
  }
};

for (const [state, reach] of Object.entries(STATES)) {
  const ran = state === 'its code is busy' ? [1] : [];

  test(`Stop ends a run while ${state}`, async ({ notebook, models }) => {
    const book = await notebook('seen = []', '%%rlm\nWhy?');
    await book.start(0);
    const run = await reach(book, models);
    await run.stop.click();

    // Busy code lets no message through: the extension interrupts the kernel in its place.
    const status = state === 'its code is busy' ? 'interrupted' : 'stopped';
    expect(await book.evaluate('(seen, _rlm.status)')).toEqual([ran, status]);
    await expect(run.status).toHaveText(new RegExp(status, 'i'));
    expect((await models.counts()).in_flight).toBe(0);
  });

  test(`the toolbar interrupts a run while ${state}`, async ({
    lab,
    notebook,
    models
  }) => {
    const book = await notebook('seen = []', '%%rlm\nWhy?');
    await book.start(0);
    const run = await reach(book, models);
    await lab
      .locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"]')
      .click();

    expect(
      await book.evaluate("(seen, _rlm.status, 'llm_query' in globals())")
    ).toEqual([ran, 'interrupted', false]);
    await expect(run.status).toHaveText('Interrupted');
    expect((await models.counts()).in_flight).toBe(0);
  });
}

test('Stop in the box runs nothing', async ({ notebook, models }) => {
  const book = await notebook('seen = []', '%%rlm\nWhy?');
  await models.script(code('seen.append(1)'));
  await book.start(0);
  const run = await book.start(1);
  await run.button('Stop').click();
  expect(await book.evaluate('(seen, _rlm.status)')).toEqual([[], 'stopped']);
});
