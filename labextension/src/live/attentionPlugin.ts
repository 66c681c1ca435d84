import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { ILiveRuns } from '../shared/tokens';
import { Attention } from './attention';

export const attentionPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:attention',
  description: 'Says when a run waits for approval.',
  autoStart: true,
  requires: [INotebookTracker, ILiveRuns],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    live: ILiveRuns
  ) => {
    new Attention(notebooks, live);
  }
};
