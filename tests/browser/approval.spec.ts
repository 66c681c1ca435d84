import { expect, test } from './lab';
import { code } from './models';

test('what is approved runs, and nothing before', async ({
  notebook,
  models
}) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await run.button('Approve').click();
  await expect(run.asked(2)).toBeVisible();
  await run.button('Approve').click();

  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([[1], 1]);
  await expect(run.answer).toContainText('1');
});

test('what is edited runs as it was edited, in the editor of JupyterLab', async ({
  notebook,
  models
}) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await expect(run.approval.locator('.cm-editor')).toBeVisible();
  await run.editor.fill("seen.append('mine')");
  await expect(run.button('Approve')).toHaveCount(0);
  await run.button('Approve edited').click();
  await run.asked(2).waitFor();

  expect(await models.lastRootPrompt()).toContain('The person edited the code');
  await run.button('Approve').click();
  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([['mine'], 1]);
});

test('a rejection runs nothing, and takes its note to the root model', async ({
  notebook,
  models
}) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await run.note.fill('use a copy');
  await run.button('Reject').click();
  await run.asked(2).waitFor();

  expect(await models.lastRootPrompt()).toContain('Their note: use a copy');
  await run.button('Approve').click();
  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([[], 0]);
});

test('approving all asks no more in this run, and asks again in the next', async ({
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nThree?', '%%rlm\nFour?');
  await models.script(code('x = 1'), code('y = 2'), code('FINAL(x + y)'));
  const run = await book.start(0);
  await run.button('Approve all code in this run').click();
  expect(await book.evaluate('_rlm.answer')).toBe(3);

  await models.script(code('FINAL(4)'));
  const next = await book.start(1);
  await next.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(4);
});

test('approval works by keyboard alone', async ({ lab, notebook, models }) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  await book.cell(1).locator('.jp-InputPrompt').click();
  await lab.keyboard.press('Control+Enter');

  const run = book.run(1);
  // For a moment a question takes no approval: it could be meant for the one before.
  await expect(run.approval).toBeFocused();
  await lab.keyboard.press('Tab');
  await expect(run.editor).toBeFocused();
  await lab.keyboard.press('Control+End');
  await lab.keyboard.type("; seen.append('typed')");
  await lab.keyboard.press('Escape');
  await expect(run.approval).toBeFocused();
  await expect(run.button('Approve edited')).toBeEnabled();
  await lab.keyboard.press('Control+Enter');

  await expect(run.asked(2)).toBeFocused();
  await expect(run.button('Approve')).toBeEnabled();
  await lab.keyboard.press('Control+Enter');
  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([[1, 'typed'], 2]);
});

test('Ctrl+Enter in the editor approves what is in it', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nWhich?');
  await models.script(code("FINAL('the model')"));
  const run = await book.start(0);
  await run.editor.fill("FINAL('the person')");
  await expect(run.button('Approve edited')).toBeEnabled();
  await lab.keyboard.press('Control+Enter');
  expect(await book.evaluate('_rlm.answer')).toBe('the person');
});

test('keys in the box do nothing to the notebook', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nWhich?', 'other = 1');
  await models.script(code('FINAL(1)'));
  const run = await book.start(0);
  await run.approval.focus();
  await lab.keyboard.press('d');
  await lab.keyboard.press('d');
  await run.note.focus();
  await lab.keyboard.type('add b');
  await expect(run.note).toHaveValue('add b');
  await expect(lab.locator('.jp-NotebookPanel .jp-Cell')).toHaveCount(2);
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(1);
});

test('the tab and a notification say that a run waits', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nWhich?');
  await models.script(code('FINAL(1)'));
  const run = await book.start(0);
  const notification = lab.getByText('A run waits for your approval');
  await expect(notification).toBeVisible();
  await expect(lab).toHaveTitle(/^● Approval needed: /);

  await run.button('Approve').click();
  await expect(notification).toHaveCount(0);
  await expect(lab).not.toHaveTitle(/Approval/);
  expect(await book.evaluate('_rlm.status')).toBe('answered');
});

test('an impatient click approves one block only', async ({
  notebook,
  models
}) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('seen.append(2)'));
  await book.start(0);
  const run = await book.start(1);
  await run.button('Approve').dblclick();
  await run.asked(2).waitFor();
  await run.button('Stop').click();
  expect(await book.evaluate('(seen, _rlm.status)')).toEqual([[1], 'stopped']);
});
