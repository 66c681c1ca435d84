import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

export function cellsOf({ model }: NotebookPanel): readonly ICellModel[] {
  return model ? Array.from(model.cells) : [];
}

/** The cell with this id; undefined for an empty one. */
export function cellAt(panel: NotebookPanel, id: string): Cell | undefined {
  return panel.content.widgets.find(({ model }) => id && model.id === id);
}

/** Makes `cell` the active one, brings it into view, and gives it the focus. */
export async function goToCell(
  { content }: NotebookPanel,
  cell: Cell
): Promise<void> {
  content.activeCellIndex = content.widgets.indexOf(cell);
  await content.scrollToCell(cell);
  await cell.ready;
}
