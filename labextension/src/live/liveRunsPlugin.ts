import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';

import { ILiveRuns } from '../shared/tokens';
import { LiveRuns } from './liveRuns';

export const liveRunsPlugin: JupyterFrontEndPlugin<ILiveRuns> = {
  id: 'rlm-magic:live-runs',
  description: 'Knows the runs that live, and the notebooks they belong to.',
  autoStart: true,
  provides: ILiveRuns,
  requires: [INotebookTracker],
  optional: [IConsoleTracker],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    consoles: IConsoleTracker | null
  ): ILiveRuns => new LiveRuns(app, notebooks, consoles)
};
