/** What the outputs of a notebook's cells show of runs. */
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { IOutputModel } from '@jupyterlab/rendermime';

import type { LiveRun } from '../panel/page';
import type { RunRecord } from '../panel/protocol';
import { recordSource } from '../panel/saved';
import type { RunSource } from '../panel/source';

export const RECORD_TYPE = 'application/vnd.rlm.run+json';
export const VIEW_TYPE = 'application/vnd.jupyter.widget-view+json';

/** A run that a notebook holds as the record of it. */
export interface SavedRun {
  /** As the kernel named it when it ran; empty where that is not known. */
  readonly run: string;
  readonly record: RunRecord;
  readonly source: RunSource;
}

// Reading a record is work, and an output is replaced rather than changed.
const known = new WeakMap<IOutputModel, SavedRun | null>();

export function isCode(cell: ICellModel): cell is ICodeCellModel {
  return cell.type === 'code';
}

export function outputsOf(cell: ICellModel): readonly IOutputModel[] {
  return isCode(cell)
    ? Array.from({ length: cell.outputs.length }, (_, place) =>
        cell.outputs.get(place)
      )
    : [];
}

export function savedRuns(cell: ICellModel): readonly SavedRun[] {
  return outputsOf(cell)
    .map(savedRun)
    .filter(saved => saved !== null);
}

/** Where in the outputs of `cell` the panel of `run` is; -1 where it isn't. */
export function placeOf(run: LiveRun, cell: ICellModel): number {
  return outputsOf(cell).findIndex(({ data }) => {
    const view = data[VIEW_TYPE] as { model_id?: unknown } | undefined;
    return view?.model_id === run.id;
  });
}

function savedRun(output: IOutputModel): SavedRun | null {
  let saved = known.get(output);
  if (saved === undefined) {
    saved = read(output);
    known.set(output, saved);
  }
  return saved;
}

function read({ data, metadata }: IOutputModel): SavedRun | null {
  const record = data[RECORD_TYPE];
  if (record === undefined) {
    return null;
  }
  try {
    const source = recordSource(record, metadata[RECORD_TYPE]);
    const about = metadata[RECORD_TYPE] as { run?: unknown } | undefined;
    return {
      run: typeof about?.run === 'string' ? about.run : '',
      record: record as unknown as RunRecord,
      source
    };
  } catch {
    return null;
  }
}
