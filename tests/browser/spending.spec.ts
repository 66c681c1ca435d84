import { expect, test } from './lab';
import { code } from './models';

const ASK = "found = llm_query_batched(['a', 'b', 'c'])";

test('a large batch is asked about, and is sent once it is approved', async ({
  notebook,
  models
}) => {
  const book = await notebook(
    '%config RLMMagics.confirm_calls = 2',
    '%%rlm -a risky\nWhich?'
  );
  await models.script(code(ASK), code(ASK), code('FINAL(found)'));
  await book.start(0);
  const run = await book.start(1);

  const asked = run.panel.getByRole('group', { name: /^Send 3 calls to/ });
  await expect(asked).toContainText('openai/scripted');
  await expect(asked).toContainText(/About [\d,.k]+ tokens, price unknown/);
  await expect(asked.getByRole('textbox', { name: 'Code' })).toHaveCount(0);
  expect((await models.requests()).filter(it => !it.is_root)).toEqual([]);

  await asked.getByRole('textbox', { name: 'Note' }).fill('two at most');
  await asked.getByRole('button', { name: 'Reject', exact: true }).click();
  await models.wait({ received: 2 });
  expect(await models.lastRootPrompt()).toContain('two at most');

  const approve = asked.getByRole('button', { name: 'Approve', exact: true });
  await expect(approve).toBeEnabled();
  expect((await models.requests()).filter(it => !it.is_root)).toEqual([]);
  await approve.click();
  expect(await book.evaluate('_rlm.answer')).toEqual([
    'echo: a',
    'echo: b',
    'echo: c'
  ]);
});

test('stopping at the question sends nothing', async ({ notebook, models }) => {
  const book = await notebook(
    '%config RLMMagics.confirm_calls = 2',
    '%%rlm -a risky\nWhich?'
  );
  await models.script(code(ASK));
  await book.start(0);
  const run = await book.start(1);
  const asked = run.panel.getByRole('group', { name: /^Send 3 calls to/ });
  await asked.getByRole('button', { name: 'Stop', exact: true }).click();
  expect(await book.evaluate('_rlm.status')).toBe('stopped');
  expect(await models.requests()).toHaveLength(1);
});
