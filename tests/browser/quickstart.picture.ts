import { readFileSync } from 'node:fs';

import { expect, saveFile, test } from './lab';
import { Notebook } from './notebook';
import { PanelInCell } from './panel';
import { tidy } from './tidy';

test('the quickstart at work', async ({ freshLab, kernel }) => {
  const quickstart = readFileSync('notebooks/quickstart.ipynb', 'utf-8');
  await saveFile(freshLab, 'quickstart.ipynb', quickstart);
  await Notebook.reopen(freshLab, 'quickstart.ipynb', kernel);
  await tidy(freshLab);
  await freshLab.evaluate(() => {
    void window.jupyterapp.commands.execute('notebook:run-all-cells');
  });

  const cell = freshLab
    .locator('.jp-CodeCell')
    .filter({ hasText: 'Follow the base classes' });
  const run = new PanelInCell(cell);
  await expect(run.status).toHaveText('Answered', { timeout: 150_000 });
  await cell.evaluate(element => {
    element.scrollIntoView({ block: 'start' });
  });
  await freshLab.screenshot({
    path: 'docs/quickstart.png',
    animations: 'disabled'
  });
});
