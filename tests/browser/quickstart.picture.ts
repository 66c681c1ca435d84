import { readFileSync } from 'node:fs';

import type { IDocumentWidget } from '@jupyterlab/docregistry';

import { expect, saveFile, test } from './lab';

const PICTURE = 'docs/quickstart.png';

test('the quickstart at work', async ({ lab }) => {
  const notebook = readFileSync('notebooks/quickstart.ipynb', 'utf-8');
  await saveFile(lab, 'quickstart.ipynb', notebook);
  await lab.evaluate(async () => {
    const { commands } = window.jupyterapp;
    const panel = (await commands.execute('docmanager:open', {
      path: 'quickstart.ipynb',
      kernel: { name: 'python3' }
    })) as IDocumentWidget;
    const { sessionContext } = panel.context;
    await sessionContext.ready;
    await sessionContext.session?.kernel?.info;
    await commands.execute('application:toggle-left-area');
    await commands.execute('notebook:run-all-cells');
  });

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
