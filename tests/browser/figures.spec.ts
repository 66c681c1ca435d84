import { expect, test } from './lab';
import { code } from './models';

test('figures land in the cell whose code drew them', async ({
  notebook,
  models
}) => {
  const book = await notebook(
    '%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);',
    '%%rlm\nDraw it.',
    'plt.plot([3, 1]);'
  );
  await models.script(
    code('plt.plot([2, 1])\nsum = 3'),
    code('plt.figure()\nplt.plot([1, 3])\nplt.show()'),
    code('FINAL(len(plt.get_fignums()))')
  );
  await book.start(0);
  const run = await book.start(1);
  await run.asked(1).waitFor();
  // It waits until the run is over.
  await book.start(2);
  for (const step of [1, 2, 3]) {
    await run.asked(step).waitFor();
    await expect(book.output(0).locator('img')).toHaveCount(1);
    await expect(book.output(2).locator('img')).toHaveCount(0);
    await run.button('Approve').click();
  }

  expect(await book.evaluate('(_rlm.answer, plt.get_fignums())')).toEqual([
    0,
    []
  ]);
  await expect(book.output(0).locator('img')).toHaveCount(1);
  await expect(book.output(1).locator('img')).toHaveCount(2);
  await expect(book.output(2).locator('img')).toHaveCount(1);
});
