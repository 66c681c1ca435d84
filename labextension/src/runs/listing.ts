import type { NotebookPanel } from '@jupyterlab/notebook';

import { cellsOf } from '../notebook/cells';
import { placeOf, savedRuns } from '../notebook/outputs';
import type { LiveRun } from '../panel/page';
import type { RunSource } from '../panel/source';

/** A run of a notebook, as the side panel lists it. */
export interface Listed {
  readonly key: string;
  /** The cell that shows the run; null where none does. */
  readonly cell: string | null;
  readonly source: RunSource;
  readonly live: LiveRun | null;
}

/** The runs of a notebook in the order of its cells; live ones that no cell shows come last. */
export function listRuns(
  panel: NotebookPanel,
  live: readonly LiveRun[]
): readonly Listed[] {
  const left = new Set(live);
  const listed: Listed[] = [];
  for (const cell of cellsOf(panel)) {
    const saved = savedRuns(cell);
    saved.forEach(({ source }, place) => {
      listed.push({
        key: `${cell.id} ${String(place)}`,
        cell: cell.id,
        source,
        live: null
      });
    });
    for (const run of left) {
      if (saved.some(({ run: id }) => id && id === run.source.tree.root)) {
        left.delete(run);
      } else if (placeOf(run, cell) >= 0) {
        left.delete(run);
        listed.push({
          key: run.id,
          cell: cell.id,
          source: run.source,
          live: run
        });
      }
    }
  }
  for (const run of left) {
    listed.push({ key: run.id, cell: null, source: run.source, live: run });
  }
  return listed;
}
