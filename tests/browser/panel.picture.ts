import { expect, test } from '@playwright/test';

import { PanelInCell } from './panel';

const PLAYER = 'http://127.0.0.1:8765/play/';

for (const [name, theme, width] of [
  ['panel', 'light', 880],
  ['panel-dark', 'dark', 880],
  ['panel-narrow', 'light', 400]
] as const) {
  test(`a batch of sub-calls: ${name}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 820 });
    await page.goto(`${PLAYER}?trace=batch&theme=${theme}`);
    const { panel } = new PanelInCell(page.locator('main'));
    await panel.getByRole('button', { name: /^Step 5/ }).click();
    await panel.getByRole('button', { name: /^Step 3/ }).click();
    await panel
      .getByRole('button', { name: /36 sub-calls/ })
      .last()
      .click();
    await expect(panel.getByRole('grid', { name: 'Sub-calls' })).toBeVisible();
    await page.mouse.move(0, 0);
    await page.screenshot({
      path: `docs/${name}.png`,
      fullPage: true,
      animations: 'disabled'
    });
  });
}
