import { expect, loaded, saveFile, SERVER, test } from './lab';
import { code } from './models';
import { Notebook, notebookText } from './notebook';

test('Notebook 7 shows a run, its approval, and its record', async ({
  emptyPage: page,
  kernel,
  lab,
  models
}) => {
  await saveFile(
    lab,
    'seven.ipynb',
    notebookText(['seen = []', '%%rlm\nWhy?'])
  );
  await page.goto(`${SERVER}/notebooks/seven.ipynb`);
  await loaded(page);
  const book = await Notebook.reopen(page, 'seven.ipynb', kernel);
  await book.setUp();
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await expect(run.approval.locator('.cm-editor')).toBeVisible();
  await expect(page).toHaveTitle(/^● Approval needed: /);
  await run.editor.fill("seen.append('mine')");
  await run.button('Approve edited').click();
  await run.asked(2).waitFor();
  await run.button('Approve').click();
  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([['mine'], 1]);
  await expect(run.status).toHaveText('Answered');
  await book.save();

  await page.reload();
  await loaded(page);
  await expect(run.status).toHaveText('Answered');
  await expect(run.answer).toContainText('1');
  await expect(run.stop).toHaveCount(0);
  expect(
    await page.evaluate(() =>
      ['approve', 'insert-code', 'open-trace', 'show-runs'].filter(
        name => !window.jupyterapp.commands.hasCommand(`rlm-magic:${name}`)
      )
    )
  ).toEqual([]);
});
