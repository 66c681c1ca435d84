import type { ICellModel } from '@jupyterlab/cells';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { CellList, Notebook, NotebookPanel } from '@jupyterlab/notebook';

import { cellsOf } from '../notebook/cells';

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
    panel: NotebookPanel,
    private readonly languages: Pick<IEditorLanguageRegistry, 'getLanguage'>
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
          void this.update(cell);
        };
        cell.sharedModel.changed.connect(update);
        // The notebook sets the type of all its cells when its kernel has said its language.
        cell.mimeTypeChanged.connect(update);
        update();
      }
    }
  }

  private async update(cell: ICellModel): Promise<void> {
    const { mimeType } = cell;
    if (isProse(sourceOf(cell)) === (mimeType === PROSE)) {
      return;
    }
    // An editor shows the language that was loaded last, and it may still be loading that of now.
    await this.languages.getLanguage(mimeType);
    if (cell.mimeType !== mimeType) {
      return;
    }
    if (isProse(sourceOf(cell))) {
      cell.mimeType = PROSE;
    } else if (mimeType === PROSE) {
      cell.mimeType = this.notebook.codeMimetype;
    }
  }
}

function sourceOf(cell: ICellModel): string {
  return cell.isDisposed ? '' : cell.sharedModel.getSource();
}
