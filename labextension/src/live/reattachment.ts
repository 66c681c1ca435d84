import type { CodeCell, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { cellAt } from '../notebook/cells';
import { isCode, placeOf, VIEW_TYPE } from '../notebook/outputs';
import type { LiveRun } from '../panel/page';
import type { ILiveRuns } from '../shared/tokens';

type Output = Parameters<ICodeCellModel['outputs']['set']>[1];

/**
 * Puts the panels of runs that live back into a notebook that was loaded anew.
 *
 * The kernel's messages about a cell reach the page that ran it and no other: a page that was
 * reloaded gets neither the panel nor, at the end, the record.
 */
export class Reattachment {
  private readonly attached = new WeakSet<LiveRun>();

  constructor(private readonly live: ILiveRuns) {}

  update(): void {
    for (const run of this.live.all) {
      const panel = this.live.notebookOf(run);
      if (panel?.context.isReady && !this.attached.has(run)) {
        this.attached.add(run);
        this.attach(run, panel);
      }
    }
  }

  private attach(run: LiveRun, panel: NotebookPanel): void {
    const cell = cellAt(panel, run.cell);
    // A document that several people edit brings its outputs along.
    if (!cell || panel.model?.collaborative || isHeard(cell as CodeCell)) {
      return;
    }
    const { model } = cell;
    if (!isCode(model)) {
      return;
    }
    if (placeOf(run, model) < 0) {
      show(run, model);
    }
    void run.record.then(({ data, metadata }) => {
      const place = model.isDisposed ? -1 : placeOf(run, model);
      if (place >= 0) {
        model.outputs.set(place, {
          output_type: 'display_data',
          data,
          metadata
        } as Output);
      }
    });
  }
}

/** Whether the messages of the execution of `cell` reach this page. */
function isHeard({ outputArea }: CodeCell): boolean {
  // Typed as always there; it is not before the first execution.
  const future = outputArea.future as CodeCell['outputArea']['future'] | null;
  return future?.isDisposed === false;
}

function show(run: LiveRun, cell: ICodeCellModel): void {
  const { outputs } = cell;
  if (outputs.length === 0) {
    cell.trusted = true;
  }
  outputs.add({
    output_type: 'display_data',
    data: {
      [VIEW_TYPE]: { version_major: 2, version_minor: 0, model_id: run.id }
    },
    metadata: {}
  });
}
