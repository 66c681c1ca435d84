import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { goToCell } from '../notebook/cells';
import type { SavedRun } from '../notebook/outputs';
import { codeCells } from './codeCells';

/** Puts the code that `run` executed below `cell`, as ordinary cells. */
export async function insertCode(
  panel: NotebookPanel,
  cell: Cell,
  { record, source }: SavedRun
): Promise<void> {
  const sources = codeCells(record, source.trace);
  if (!sources || sources.length === 0) {
    await showDialog({
      title: 'No Cells Were Inserted',
      body: sources
        ? 'This run executed no code.'
        : 'The code of this run is too long for the notebook to hold all of it; its trace does.',
      buttons: [Dialog.okButton()]
    });
    return;
  }
  const { content, model } = panel;
  const place = content.widgets.indexOf(cell) + 1;
  // One change, so that one undo takes all of them away.
  model?.sharedModel.insertCells(
    place,
    sources.map(source => ({
      cell_type: 'code',
      source,
      metadata: { trusted: true }
    }))
  );
  const first = content.widgets[place];
  if (first) {
    await goToCell(panel, first);
  }
}
