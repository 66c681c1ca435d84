import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { ILiveRuns } from '../shared/tokens';
import { Reattachment } from './reattachment';
import { removeStalePanels } from './stalePanels';

export const reattachPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:reattach',
  description:
    'Shows runs that live in notebooks that were loaded anew, and none that are gone.',
  autoStart: true,
  requires: [INotebookTracker, ILiveRuns],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    live: ILiveRuns
  ) => {
    const reattachment = new Reattachment(live);
    const update = (): void => {
      reattachment.update();
    };
    live.changed.connect(update);
    notebooks.forEach(panel => void removeStalePanels(panel));
    notebooks.widgetAdded.connect((_, panel) => {
      void panel.context.ready.then(update);
      void removeStalePanels(panel);
    });
    update();
  }
};
