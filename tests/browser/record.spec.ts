import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Page } from '@playwright/test';

import { expect, saveFile, test } from './lab';
import { code, type Models } from './models';
import { Notebook } from './notebook';
import { PanelInCell } from './panel';

/** The file of a notebook in which a run has ended. */
async function savedRun(
  lab: Page,
  kernel: string,
  models: Models
): Promise<string> {
  const book = await Notebook.open(lab, kernel, ['%%rlm -a never\nWhich?']);
  await models.script(
    `I look **twice**.\n\n${code("found = llm_query('Which one?')")}`,
    code('FINAL(found)')
  );
  await models.rule('', 'the second');
  await book.start(0);
  expect(await book.evaluate('_rlm.answer')).toBe('the second');
  await book.save();
  const saved = await book.saved();
  await book.close();
  return saved;
}

async function isReadOnly(run: PanelInCell): Promise<void> {
  await expect(run.status).toHaveText('Answered');
  await expect(run.answer).toContainText('the second');
  await run.panel.getByRole('button', { name: /look twice/ }).click();
  await expect(run.panel.getByText('twice', { exact: true })).toHaveCSS(
    'font-weight',
    /[67]00/
  );
  await expect(
    run.panel.getByRole('button', { name: /Stop|Approve|Reject/ })
  ).toHaveCount(0);
}

test('a saved run is shown without a kernel, trusted or not', async ({
  lab,
  freshLab,
  kernel,
  models
}) => {
  const saved = await savedRun(lab, kernel, models);
  // Its text has changed, so the server does not trust it.
  await saveFile(lab, 'shared.ipynb', saved.replace('Which?', 'Which one?'));
  await freshLab.evaluate(async () => {
    const { commands, docRegistry } = window.jupyterapp;
    const preference = docRegistry.getKernelPreference.bind(docRegistry);
    docRegistry.getKernelPreference = (...about) => ({
      ...preference(...about),
      shouldStart: false
    });
    await commands.execute('docmanager:open', { path: 'shared.ipynb' });
  });
  const run = new PanelInCell(freshLab.locator('.jp-Notebook'));
  await isReadOnly(run);

  await freshLab.evaluate(() => {
    void window.jupyterapp.commands.execute('notebook:trust');
  });
  await freshLab.locator('.jp-Dialog .jp-mod-accept').click();
  await expect(freshLab.locator('.jp-Dialog')).toHaveCount(0);
  await expect(run.status).toHaveText('Answered');
  await expect(run.answer).toContainText('the second');
  expect(
    await freshLab.evaluate(() => {
      const { currentWidget } = window.jupyterapp.shell;
      return (currentWidget as NotebookPanel).sessionContext.hasNoKernel;
    })
  ).toBe(true);
});

test('the saved notebook holds the record, and nothing of the widget', async ({
  lab,
  kernel,
  models
}) => {
  const saved = await savedRun(lab, kernel, models);
  const { metadata, cells } = JSON.parse(saved) as {
    metadata: object;
    cells: { outputs: { data: object }[] }[];
  };
  expect(Object.keys(metadata)).not.toContain('widgets');
  expect(
    cells.flatMap(({ outputs }) =>
      outputs.map(({ data }) => Object.keys(data).sort())
    )
  ).toEqual([['application/vnd.rlm.run+json', 'text/html', 'text/plain']]);
});

test('an open trace is followed as it grows', async ({ lab, notebook }) => {
  const book = await notebook('1');
  const append = (event: object) =>
    book.execute(
      'import os, pathlib\n' +
        'trace = pathlib.Path(os.environ["RLM_TRACE_DIR"], "grows.rlm.jsonl")\n' +
        'trace.parent.mkdir(exist_ok=True)\n' +
        'with trace.open("a") as file:\n' +
        `    print(${JSON.stringify(JSON.stringify(event))}, file=file)`
    );
  const started = { question: 'How long?', model: 'a/b', sub_model: 'a/b' };
  await append({ type: 'run_started', seq: 1, run: '1', ...started });
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('docmanager:open', {
      path: 'traces/grows.rlm.jsonl'
    })
  );
  const run = new PanelInCell(lab.locator('.rlm-Trace'));
  await expect(run.panel).toContainText('How long?');

  await append({ type: 'notice', seq: 2, run: '1', text: 'longer' });
  await expect(run.panel).toContainText('longer');
  const finished = { status: 'answered', answer: 'long', answer_type: 'str' };
  await append({ type: 'run_finished', seq: 3, run: '1', ...finished });
  await expect(run.answer).toContainText('long');
});

test('a trace opens with a double click, and shows the run in full', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm -a never\nWhich?');
  await models.script(
    code("found = llm_query('p' * 5_000 + ' end of the prompt')"),
    code('FINAL(found)')
  );
  await models.rule('', 'the second');
  await book.start(0);
  const name = (await book.evaluate('_rlm.trace.name')) as string;

  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('filebrowser:open-path', {
      path: 'traces'
    })
  );
  const listed = lab.locator('.jp-DirListing-item', { hasText: name });
  await expect(listed).toHaveAttribute('data-file-type', 'rlm-trace');
  await listed.dblclick();
  const run = new PanelInCell(lab.locator('.rlm-Trace'));
  await expect(run.answer).toContainText('the second');
  await run.panel.getByRole('button', { name: /llm_query/ }).click();
  await run.panel.getByRole('button', { name: /the second/ }).click();
  await expect(
    run.panel.getByRole('group', { name: 'Sub-call' })
  ).toContainText('end of the prompt');
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('filebrowser:open-path', { path: '/' })
  );
});
