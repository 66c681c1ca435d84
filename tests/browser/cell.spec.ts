import { expect, runNotebook, test } from './lab';

const NOTEBOOK = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
  cells: [
    '%load_ext rlm_magic\n%config RLMMagics.model = "offline/demo"\nnotes = ["tea", "salt", "tea"]',
    '%%rlm -c notes\nHow many items of `notes` mention "tea"?',
    'print("answer:", _rlm.answer)'
  ].map((source, index) => ({
    id: `cell-${String(index)}`,
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null
  }))
};

test('a cell asks for approval in the notebook, and answers from its variables', async ({
  lab
}) => {
  await runNotebook(lab, 'notes.ipynb', JSON.stringify(NOTEBOOK));

  const question = lab.locator('.jp-Stdin-input');
  await question.fill('l');
  await question.press('Enter');

  const cells = lab.locator('.jp-CodeCell');
  await expect(cells.nth(1).locator('.rlm-report')).toContainText('answered');
  await expect(cells.nth(2).locator('.jp-OutputArea-output')).toContainText(
    /answer: .*2/
  );
});
