import { expect, saveFile, test } from './lab';

const PLUGINS = [
  'record',
  'trace',
  'live-runs',
  'host',
  'attention',
  'reattach',
  'commands',
  'runs',
  'settings',
  'prose'
];

test('JupyterLab activates every plugin', async ({ lab }) => {
  const inactive = await lab.evaluate(
    plugins =>
      plugins.filter(
        name => !window.jupyterapp.isPluginActivated(`rlm-magic:${name}`)
      ),
    PLUGINS
  );

  expect(inactive).toEqual([]);
});

test('a trace that is none is told in a sentence', async ({ lab }) => {
  await saveFile(lab, 'question.rlm.jsonl', '{"seq": 0}\nno JSON\n');

  const listed = lab.locator('.jp-DirListing-item', {
    hasText: 'question.rlm.jsonl'
  });
  await expect(listed).toHaveAttribute('data-file-type', 'rlm-trace');
  await listed.dblclick();
  await expect(lab.locator('.rlm-Trace')).toContainText(
    'Open With → Editor shows the file as it is.'
  );
});

test('other JSON lines keep their file type', async ({ lab }) => {
  await saveFile(lab, 'records.jsonl', '{}\n');

  await expect(
    lab.locator('.jp-DirListing-item', { hasText: 'records.jsonl' })
  ).toHaveAttribute('data-file-type', 'jsonl');
});
