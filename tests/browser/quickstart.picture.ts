import { readFileSync } from 'node:fs';

import { expect, runNotebook, test } from './lab';

const PICTURE = 'docs/quickstart.png';

test('the quickstart at work', async ({ lab }) => {
  const notebook = readFileSync('notebooks/quickstart.ipynb', 'utf-8');
  await runNotebook(lab, 'quickstart.ipynb', notebook);
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('application:toggle-left-area')
  );

  const cell = lab
    .locator('.jp-CodeCell')
    .filter({ hasText: 'Follow the base classes' });
  await expect(cell.locator('.jp-RenderedMarkdown')).toContainText(
    'BaseServer',
    { timeout: 120_000 }
  );
  const record = cell.locator('.rlm-report');
  await record.locator('summary').first().click();
  await record.locator('summary', { hasText: 'Step 3' }).click();
  await cell.evaluate(element => {
    element.scrollIntoView({ block: 'start' });
  });
  await lab.screenshot({ path: PICTURE });
});
