import { readFileSync } from 'node:fs';

import { expect, saveFile, test } from './lab';
import { Notebook } from './notebook';
import { PanelInCell } from './panel';

const PICTURE = 'docs/quickstart.png';

test('the quickstart at work', async ({ freshLab, kernel }) => {
  const text = readFileSync('notebooks/quickstart.ipynb', 'utf-8');
  await saveFile(freshLab, 'quickstart.ipynb', text);
  await Notebook.reopen(freshLab, 'quickstart.ipynb', kernel);
  await freshLab.evaluate(async () => {
    const { commands } = window.jupyterapp;
    void commands.execute('notebook:run-all-cells');
    await commands.execute('application:toggle-left-area');
  });

  const cell = freshLab
    .locator('.jp-CodeCell')
    .filter({ hasText: 'Follow the base classes' });
  const run = new PanelInCell(cell);
  await expect(run.status).toHaveText('Answered', { timeout: 120_000 });
  await expect(run.answer).toContainText('BaseServer');
  await cell.evaluate(element => {
    element.scrollIntoView({ block: 'start' });
  });
  await freshLab.screenshot({ path: PICTURE });
});
