import { expect, test } from '@playwright/test';

import { PanelInCell } from './panel';

const PLAYER = 'http://127.0.0.1:8765/play/';

test.use({ viewport: { width: 1000, height: 600 } });

for (const [name, parameters] of [
  ['panel', 'width=960'],
  ['panel-dark', 'width=960&theme=dark'],
  ['panel-narrow', 'width=400']
]) {
  test(`a batch of sub-calls: ${name}`, async ({ page }) => {
    await page.goto(`${PLAYER}?trace=batch&${parameters}`);
    const { panel } = new PanelInCell(page.locator('main'));
    await panel.getByRole('button', { name: /^36 sub-calls/ }).click();
    await expect(panel.getByRole('grid', { name: 'Sub-calls' })).toBeVisible();
    await page.locator('main').screenshot({ path: `docs/${name}.png` });
  });
}
