import { expect, loaded, SERVER, test } from './lab';
import { code } from './models';
import { Notebook } from './notebook';

test('without the extension the magic and its approval work', async ({
  emptyPage: page,
  kernel,
  models
}) => {
  // A page that does not come from the server itself needs leave to talk to it.
  await page.context().grantPermissions(['local-network-access']);
  // As `jupyter labextension disable rlm-magic` leaves it in the configuration of the page.
  await page.route(/\/lab(\?.*)?$/, async route => {
    const response = await route.fetch();
    const html = await response.text();
    const body = html.replace(
      '"disabledExtensions": [',
      '"disabledExtensions": ["rlm-magic", '
    );
    expect(body).not.toBe(html);
    await route.fulfill({ response, body });
  });
  await page.goto(`${SERVER}/lab?reset`);
  await loaded(page);
  expect(
    await page.evaluate(() =>
      window.jupyterapp.commands.hasCommand('rlm-magic:approve')
    )
  ).toBe(false);

  const book = await Notebook.open(page, kernel, ['seen = []', '%%rlm\nWhy?']);
  await models.script(code('seen.append(1)'), code('FINAL(len(seen))'));
  await book.start(0);
  const run = await book.start(1);
  await expect(run.approval.locator('textarea')).toBeVisible();
  await expect(page).toHaveTitle(/^● Approval needed: /);
  await run.editor.fill("seen.append('mine')");
  await run.button('Approve edited').click();
  await run.asked(2).waitFor();
  await run.button('Approve').click();

  expect(await book.evaluate('(seen, _rlm.answer)')).toEqual([['mine'], 1]);
  // The record's HTML stands in for the panel.
  await expect(book.output(1)).toContainText('What ran:');
  await expect(book.output(1).locator('details').first()).toBeVisible();
});
