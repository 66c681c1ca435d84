import type { ICellModel } from '@jupyterlab/cells';
import type { CellList, Notebook, NotebookPanel } from '@jupyterlab/notebook';

import { cellsOf } from './cells';

export const PROSE = 'text/x-ipythongfm';

/** Whether a cell asks a question: its first line that is not empty begins with `%%rlm`. */
export function isProse(source: string): boolean {
  return /^\s*%%rlm(?!\S)/.test(source);
}

/** Highlights the questions of a notebook as Markdown, and its code as code. */
export class ProseCells {
  private readonly followed = new WeakSet<ICellModel>();

  constructor(
    private readonly notebook: Notebook,
    panel: NotebookPanel
  ) {
    panel.model?.cells.changed.connect((cells: CellList) => {
      this.follow(Array.from(cells));
    });
    this.follow(cellsOf(panel));
  }

  private follow(cells: readonly ICellModel[]): void {
    for (const cell of cells) {
      if (cell.type === 'code' && !this.followed.has(cell)) {
        this.followed.add(cell);
        const update = (): void => {
          this.update(cell);
        };
        cell.sharedModel.changed.connect(update);
        // The notebook sets the type of all its cells when its kernel has said its language.
        cell.mimeTypeChanged.connect(update);
        update();
      }
    }
  }

  private update(cell: ICellModel): void {
    if (isProse(cell.sharedModel.getSource())) {
      cell.mimeType = PROSE;
    } else if (cell.mimeType === PROSE) {
      cell.mimeType = this.notebook.codeMimetype;
    }
  }
}
