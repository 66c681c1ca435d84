import { expect, saveFile, test } from './lab';

test('JupyterLab activates the plugin', async ({ lab }) => {
  const active = await lab.evaluate(() =>
    window.jupyterapp.isPluginActivated('rlm-magic:plugin')
  );

  expect(active).toBe(true);
});

test('a saved trace has its own file type and opens as JSON lines', async ({
  lab
}) => {
  await saveFile(lab, 'question.rlm.jsonl', '{"seq": 0}\n{"seq": 1}\n');

  const listed = lab.locator('.jp-DirListing-item', {
    hasText: 'question.rlm.jsonl'
  });
  await expect(listed).toHaveAttribute('data-file-type', 'rlm-trace');

  await listed.dblclick();
  await expect(lab.locator('.jp-RenderedJSON')).toContainText('2 items');
});

test('other JSON lines keep their file type', async ({ lab }) => {
  await saveFile(lab, 'records.jsonl', '{}\n');

  await expect(
    lab.locator('.jp-DirListing-item', { hasText: 'records.jsonl' })
  ).toHaveAttribute('data-file-type', 'jsonl');
});
