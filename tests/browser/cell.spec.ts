import { expect, test } from './lab';

const LOAD = '%load_ext rlm_magic\n%config RLMMagics.model = "offline/demo"';
const NOTES = 'notes = ["tea", "salt", "tea"]';
const QUESTION = '%%rlm -c notes\nHow many items of `notes` mention "tea"?';

test('a cell asks in its panel, and answers from the variables of the notebook', async ({
  notebook
}) => {
  const book = await notebook(LOAD, NOTES, QUESTION);
  await book.start(0);
  await book.start(1);
  const run = await book.start(2);
  await run.button('Approve all code in this run').click();

  expect(await book.evaluate('str(_rlm.answer)')).toContain('2');
  await expect(run.answer).toContainText('2');
  await expect(book.cell(2).locator('.jp-Stdin-input')).toHaveCount(0);
});

test('without the panel a cell asks by input', async ({ notebook }) => {
  const book = await notebook(
    `${LOAD}\n%config RLMMagics.panel = False`,
    NOTES,
    QUESTION
  );
  await book.start(0);
  await book.start(1);
  const run = await book.start(2);
  const question = book.cell(2).locator('.jp-Stdin-input');
  await question.fill('l');
  await question.press('Enter');

  expect(await book.evaluate('str(_rlm.answer)')).toContain('2');
  await expect(run.answer).toContainText('2');
});
