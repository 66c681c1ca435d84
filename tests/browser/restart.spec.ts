import { expect, loaded, test } from './lab';
import { code } from './models';
import { Notebook } from './notebook';

test('a kernel that restarts ends its runs in the page, and takes new ones', async ({
  lab,
  freshKernel,
  models
}) => {
  const cells = ['seen = []', '%%rlm\nHow many?'];
  const book = await Notebook.open(lab, freshKernel, cells);
  await models.script(code('seen.append(1)'));
  await book.start(0);
  const run = await book.start(1);
  await run.approval.waitFor();
  await expect(lab).toHaveTitle(/^● Approval needed/);

  await book.restart();
  await expect(lab).not.toHaveTitle(/Approval needed/);
  await expect(run.approval).toHaveCount(0);
  await expect(
    lab.locator('.Toastify', { hasText: 'A run waits' })
  ).toHaveCount(0);

  await book.setUp();
  await models.reset();
  await models.script(code('FINAL(2)'));
  const another = await book.start(1);
  await another.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(2);
  await expect(another.status).toHaveText('Answered');
});

test('a panel that was saved and whose kernel is gone leaves a text, and nothing to save', async ({
  freshLab,
  freshKernel,
  models
}) => {
  const cells = ['%%rlm\nHow many?'];
  const book = await Notebook.open(freshLab, freshKernel, cells);
  await models.script(code('FINAL(1)'));
  const run = await book.start(0);
  await run.approval.waitFor();
  await book.save();
  await book.restart();
  await freshLab.reload();
  await loaded(freshLab);

  const again = await Notebook.reopen(freshLab, book.path);
  await expect(again.output(0)).toHaveText('The run is shown in a panel.');
  expect(await again.dirty()).toBe(false);
  expect(await again.saved()).toContain('widget-view');
});

test('the figures of a run are on one line', async ({ notebook, models }) => {
  const book = await notebook('%%rlm\nHow many?');
  await models.script(code('FINAL(1)'));
  const run = await book.start(0);
  await run.approval.waitFor();
  const isOneLine = () =>
    run.panel.locator('header dl').evaluate(list => {
      const rows = [...list.querySelectorAll('dt, dd')].map(
        element => element.getBoundingClientRect().top
      );
      return rows.length > 6 && Math.max(...rows) - Math.min(...rows) < 4;
    });
  expect(await isOneLine()).toBe(true);
  await run.button('Approve').click();
  await expect(run.status).toHaveText('Answered');
  expect(await isOneLine()).toBe(true);
});
