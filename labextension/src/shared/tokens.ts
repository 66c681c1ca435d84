import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { LiveRun } from '../panel/page';

/** The runs that live in the kernels of this page, and the notebooks that they belong to. */
export interface ILiveRuns {
  /** Emitted after each change of a run, and when one comes or goes. */
  readonly changed: ISignal<ILiveRuns, void>;
  /** Oldest first. */
  readonly all: readonly LiveRun[];
  /** The session in whose kernel the run lives; null where this page has none. */
  sessionOf(run: LiveRun): ISessionContext | null;
  /** The open notebook that the run was started in. */
  notebookOf(run: LiveRun): NotebookPanel | null;
  /** Goes to the cell that shows the run, or shows it in the side panel where none does. */
  show(run: LiveRun): Promise<void>;
}

export const ILiveRuns = new Token<ILiveRuns>(
  'rlm-magic:ILiveRuns',
  'The runs that live in the kernels of this page.'
);

/** The ids of our commands, as users see them in their settings. */
export const CommandIds = {
  approve: 'rlm-magic:approve',
  reject: 'rlm-magic:reject',
  stop: 'rlm-magic:stop',
  nextApproval: 'rlm-magic:next-approval',
  insertCode: 'rlm-magic:insert-code',
  openTrace: 'rlm-magic:open-trace',
  showRuns: 'rlm-magic:show-runs'
} as const;
