import type { Page } from '@playwright/test';

import { expect, loaded, SERVER, test } from './lab';
import { code, type Models } from './models';
import { Notebook } from './notebook';
import { PanelInCell } from './panel';

const CELLS = ['seen = []', '%%rlm\nHow many?'];

/** A run in a notebook that was not saved since it began, which waits for approval. */
async function waiting(
  page: Page,
  kernel: string,
  models: Models
): Promise<Notebook> {
  const book = await Notebook.open(page, kernel, CELLS);
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await run.approval.waitFor();
  return book;
}

async function finish(book: Notebook): Promise<void> {
  const run = book.run(1);
  await expect(run.panel).toHaveCount(1);
  await run.button('Approve').click();
  await run.asked(2).waitFor();
  await run.button('Approve').click();
  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([[1], 1]);

  await expect(run.status).toHaveText('Answered');
  await expect(run.stop).toHaveCount(0);
  await book.save();
  const saved = await book.saved();
  expect(saved).toContain('application/vnd.rlm.run+json');
  expect(saved).not.toContain('widget');
}

test('after a reload of the page the question is still there', async ({
  freshLab,
  kernel,
  models
}) => {
  const { path } = await waiting(freshLab, kernel, models);
  await freshLab.reload();
  await loaded(freshLab);
  await finish(await Notebook.reopen(freshLab, path));
});

test('a tab that was closed and is opened again asks again', async ({
  freshLab,
  kernel,
  models
}) => {
  const { path } = await waiting(freshLab, kernel, models);
  const context = freshLab.context();
  await freshLab.close();
  const page = await context.newPage();
  await page.goto(`${SERVER}/lab/tree/${path}`);
  await loaded(page);
  await finish(await Notebook.reopen(page, path));
});

test('a notebook that was closed and is opened again asks again', async ({
  freshLab,
  kernel,
  models
}) => {
  const book = await waiting(freshLab, kernel, models);
  await book.close();
  await finish(await Notebook.reopen(freshLab, book.path));
});

test('two views of a run decide once', async ({ lab, kernel, models }) => {
  const book = await waiting(lab, kernel, models);
  await book.select(1);
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('notebook:create-output-view')
  );
  const view = new PanelInCell(lab.locator('.jp-LinkedOutputView'));
  await view.approval.waitFor();
  await view.button('Approve').click();
  await view.asked(2).waitFor();

  await expect(view.button('Approve')).toBeEnabled();
  await expect(book.run(1).button('Reject')).toBeEnabled();
  // Both at once, and not the same.
  const [approve, reject] = await Promise.all([
    view.button('Approve').elementHandle(),
    book.run(1).button('Reject').elementHandle()
  ]);
  await lab.evaluate(
    buttons => {
      for (const button of buttons) {
        (button as HTMLElement).click();
      }
    },
    [approve, reject]
  );
  expect(
    await book.evaluate(
      "(seen, _rlm.answer, [it.decision for it in _rlm.events if it.type == 'code_decided'])"
    )
  ).toEqual([[1], 1, ['approve', 'approve']]);
  await expect(book.run(1).status).toHaveText('Answered');
});
