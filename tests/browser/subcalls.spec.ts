import { expect, test } from './lab';
import { code } from './models';

// The end of each text is cut off from what is sent by itself.
const ASK = `replies = llm_query_batched(
    [f'item {i} {"p" * 500} end of {i}' for i in range(200)]
)`;

test('a batch is seen as it runs, and each call can be read in full', async ({
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nWhich?');
  await models.script(code(ASK), code('FINAL(len(replies))'));
  await models.rule('item 7 ', {
    content: 'The prompt was flagged.',
    status: 400
  });
  await models.rule('item', {
    content: `reply ${'r'.repeat(3_000)} to {prompt}`,
    hold: 'batch'
  });
  const run = await book.start(0);
  await run.button('Approve').click();
  await models.wait({ held: 60 });
  const figures = run.panel.locator('.rlm-figures');
  await expect(figures).toContainText(/\d+ running/);
  await expect(run.status).toHaveText('Sub-calls are running');
  expect((await models.counts()).held).toBeLessThanOrEqual(64);

  // The calls can be looked at meanwhile, and what is open stays so.
  const summary = run.panel.getByRole('button', { name: /sub-calls/ }).last();
  await summary.click();
  const table = run.panel.getByRole('grid', { name: 'Sub-calls' });
  await expect(table).toBeVisible();
  await models.open('batch');
  await expect(figures).toContainText('199 done, 1 failed');
  await expect(table).toHaveAttribute('aria-rowcount', '201');
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(200);
});

test('of 200 calls a person finds the one that matters', async ({
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nWhich?');
  await models.script(code(ASK), {
    content: code('FINAL(replies[42][-9:])'),
    hold: 'root'
  });
  await models.rule('item 7 ', {
    content: 'The prompt was flagged.',
    status: 400
  });
  await models.rule('item', `reply ${'r'.repeat(3_000)} to {prompt}`);
  const run = await book.start(0);
  await run.button('Approve').click();
  await models.wait({ held: 1 });
  await expect(run.panel.locator('.rlm-figures')).toContainText(
    '199 done, 1 failed'
  );

  await run.panel
    .getByRole('button', { name: /200 sub-calls\s*1 failed/ })
    .click();
  const table = run.panel.getByRole('grid', { name: 'Sub-calls' });
  const rows = table.getByRole('rowgroup').getByRole('row');
  expect(await rows.count()).toBeLessThan(60);

  await run.panel
    .getByRole('button', { name: 'failed 1', exact: true })
    .click();
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('item 7 ');

  await run.panel.getByRole('button', { name: 'all 200', exact: true }).click();
  await run.panel.getByRole('searchbox').fill('item 42 ');
  await expect(rows).toHaveCount(1);
  await expect(run.panel).not.toContainText('end of 42');
  await rows.first().click();
  const call = run.panel.getByRole('group', { name: /^Sub-call \d+$/ });
  await expect(call.getByRole('region', { name: 'Prompt' })).toContainText(
    'end of 42'
  );
  await expect(call.getByRole('region', { name: 'Reply' })).toContainText(
    /r{3000} to item 42 .* end of 42/
  );

  await models.open('root');
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe('end of 42');
  const requests = await models.requests();
  expect(requests.filter(request => !request.is_root)).toHaveLength(200);
});
