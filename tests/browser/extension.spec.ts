import type { Page } from '@playwright/test';

import { expect, loaded, SERVER, test } from './lab';
import { code } from './models';
import { Notebook } from './notebook';
import { PanelInCell } from './panel';

async function setSettings(raw: string): Promise<void> {
  const url = `${SERVER}/lab/api/settings/rlm-magic:settings`;
  await fetch(url, { method: 'PUT', body: JSON.stringify({ raw }) });
}

/** Presses the shortcut of a command: what all begin with, and its own letter. */
async function shortcut(lab: Page, letter: string): Promise<void> {
  await lab.keyboard.press('Alt+Shift+R');
  await lab.keyboard.press(`Alt+Shift+${letter}`);
}

/** Approves by the shortcut, which lets a moment pass for the person to see what it is about. */
async function approve(
  lab: Page,
  run: PanelInCell,
  step: number
): Promise<void> {
  await run.asked(step).waitFor();
  await expect(async () => {
    await shortcut(lab, 'A');
    await expect(run.asked(step)).toHaveCount(0, { timeout: 300 });
  }).toPass();
}

test('shortcuts approve and stop', async ({ lab, notebook, models }) => {
  const book = await notebook('seen = []', '%%rlm\nHow many?');
  await models.script(code('seen.append(1)'), code('seen.append(2)'));
  await book.start(0);
  const run = await book.start(1);
  await approve(lab, run, 1);
  await run.asked(2).waitFor();
  await shortcut(lab, 'S');
  expect(await book.evaluate('(seen, _rlm.status)')).toEqual([[1], 'stopped']);
});

test('what is out of sight is shown before it is approved', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook(
    'seen = []',
    '%%rlm\nHow many?',
    ...Array.from({ length: 30 }, (_, line) => `# ${String(line)}\n`)
  );
  await models.script(code('seen.append(1)'), code('FINAL(1)'));
  await book.start(0);
  const run = await book.start(1);
  await run.asked(1).waitFor();
  await book.cell(31).scrollIntoViewIfNeeded();
  await book.cell(31).locator('.cm-content').click();
  await expect(run.approval).not.toBeInViewport();
  await shortcut(lab, 'A');
  await expect(run.asked(1)).toBeInViewport();
  await expect(run.asked(1)).toBeFocused();
  await approve(lab, run, 1);
  await run.asked(2).waitFor();
  await shortcut(lab, 'S');
  expect(await book.evaluate('(seen, _rlm.status)')).toEqual([[1], 'stopped']);
});

test('a command rejects with a note', async ({ lab, notebook, models }) => {
  const book = await notebook('%%rlm\nWhich?');
  await models.script(code('FINAL(1)'), code('FINAL(2)'));
  const run = await book.start(0);
  await run.asked(1).waitFor();
  await shortcut(lab, 'R');
  const dialog = lab.locator('.jp-Dialog');
  await dialog.getByRole('textbox').fill('another');
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await run.asked(2).waitFor();
  expect(await models.lastRootPrompt()).toContain('Their note: another');
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(2);
});

test('from anywhere there is a way to the run that waits', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('1', '%%rlm\nWhich?');
  await models.script(code('FINAL(1)'));
  const run = await book.start(1);
  await run.approval.waitFor();
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('launcher:create')
  );
  await expect(run.approval).not.toBeInViewport();
  await shortcut(lab, 'N');
  await expect(run.approval).toBeInViewport();
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(1);
});

test('the code of a run, as cells, has the same answer without the models', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm -a never\nWhich?');
  await models.script(
    code("parts = llm_query_batched(['first', 'second'])"),
    code("FINAL(' and '.join(parts))")
  );
  await book.start(0);
  const answer = await book.evaluate('_rlm.answer');
  expect(answer).toBe('echo: first and echo: second');
  await expect(book.run(0).status).toHaveText('Answered');
  const { received } = await models.counts();

  await book.select(0);
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('rlm-magic:insert-code')
  );
  const cells = lab.locator('.jp-Notebook .jp-CodeCell');
  await expect(cells).toHaveCount(4);
  await book.execute('parts = None');
  for (const index of [1, 2, 3]) {
    await book.start(index);
  }
  await book.idle();
  await expect(book.output(3)).toContainText(String(answer));
  expect(await book.evaluate('parts')).toEqual(['echo: first', 'echo: second']);
  expect((await models.counts()).received).toBe(received);
});

test('a side panel lists the runs of the notebook, and leads to their cells', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook(
    '%%rlm -a never\nThe first question?',
    ...Array.from({ length: 30 }, (_, line) => `# ${String(line)}\n`),
    '%%rlm\nThe second question?'
  );
  await models.script(code('FINAL(1)'), code('FINAL(2)'));
  await book.start(0);
  await book.idle();
  const run = await book.start(31);
  await run.approval.waitFor();

  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('rlm-magic:show-runs')
  );
  const list = lab.getByRole('region', { name: 'RLM Runs' });
  const first = list.getByRole('button', { name: /The first question/ });
  await expect(first).toContainText('Answered');
  await expect(
    list.getByRole('button', { name: /The second question/ })
  ).toContainText('Waiting for approval');
  await expect(book.cell(0)).not.toBeInViewport();
  await first.click();
  await expect(book.cell(0)).toBeInViewport();
  await expect(book.cell(0)).toHaveClass(/jp-mod-active/);

  await list.getByRole('button', { name: /The second question/ }).click();
  await expect(run.approval).toBeInViewport();
  await run.button('Approve').click();
  expect(await book.evaluate('_rlm.answer')).toBe(2);
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('application:toggle-right-area')
  );
});

test('a command opens the trace of the run', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm -a never\nWhich?');
  await models.script(code("FINAL('this')"));
  await book.start(0);
  await expect(book.run(0).status).toHaveText('Answered');
  const trace = await book.evaluate('_rlm.trace.name');
  await book.select(0);
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('rlm-magic:open-trace')
  );
  await expect(
    lab.locator('.lm-TabBar-tab.jp-mod-current', { hasText: String(trace) })
  ).toBeVisible();
  await expect(new PanelInCell(lab.locator('.rlm-Trace')).answer).toContainText(
    'this'
  );
});

test('settings reach the kernel, and never override the notebook', async ({
  freshLab,
  kernel,
  models
}) => {
  await setSettings('{"approve": "never", "calls": 7, "tokens": 100000}');
  try {
    await freshLab.reload();
    await loaded(freshLab);
    const book = await Notebook.open(freshLab, kernel, [
      '%config RLMMagics.tokens = 50_000',
      '%%rlm\nWhich?'
    ]);
    await models.script(code('FINAL(1)'));
    await book.start(0);
    const run = await book.start(1);
    expect(await book.evaluate('_rlm.answer')).toBe(1);
    await expect(run.panel).toContainText('1 of 7');
    await expect(run.panel).toContainText('of 50k');
  } finally {
    await setSettings('{}');
  }
});

test('settings that changed while no page was there reach the kernel', async ({
  freshLab,
  kernel,
  models
}) => {
  const { path } = await Notebook.open(freshLab, kernel, ['%%rlm\nWhich?']);
  await setSettings('{"approve": "never", "calls": 7}');
  try {
    await freshLab.reload();
    await loaded(freshLab);
    const book = await Notebook.reopen(freshLab, path);
    await book.idle();
    await models.script(code('FINAL(1)'));
    const run = await book.start(0);
    expect(await book.evaluate('_rlm.answer')).toBe(1);
    await expect(run.panel).toContainText('1 of 7');
  } finally {
    await setSettings('{}');
  }
});

test('questions are highlighted as prose, and code as code', async ({
  notebook
}) => {
  const book = await notebook(
    '%%rlm\nWhat is **bold** for you?',
    'for bold in []:\n    pass'
  );
  const word = (place: number, text: RegExp) =>
    book.cell(place).locator('.cm-line span', { hasText: text });
  await expect(word(1, /^for$/)).toBeVisible();
  await expect(word(0, /bold/).first()).toHaveCSS('font-weight', '700');
  await expect(word(0, /^for$/)).toHaveCount(0);
});

test('options and variables are completed behind %%rlm', async ({
  lab,
  notebook
}) => {
  const book = await notebook('reports = {}', '%%rlm -');
  await book.start(0);
  await book.idle();
  const editor = book.cell(1).locator('.cm-content');
  await editor.click();
  await lab.keyboard.press('End');
  await lab.keyboard.press('Tab');
  const offered = lab.locator('.jp-Completer');
  await expect(offered).toContainText('--approve');
  await lab.keyboard.press('Escape');
  await lab.keyboard.type('c rep');
  await lab.keyboard.press('Tab');
  await expect(offered).toContainText('reports');
  await lab.keyboard.press('Enter');
  await expect(editor).toContainText('%%rlm -c reports');
});
