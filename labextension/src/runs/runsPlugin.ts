import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { CommandIds, ILiveRuns } from '../shared/tokens';
import { RunsPanel } from './runsPanel';

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:runs',
  description: 'Lists the runs of the current notebook in a side panel.',
  autoStart: true,
  requires: [INotebookTracker, ILiveRuns],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    live: ILiveRuns,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const panel = new RunsPanel(app, live);
    notebooks.currentChanged.connect((_, notebook) => {
      panel.follow(notebook);
    });
    panel.follow(notebooks.currentWidget);
    app.shell.add(panel, 'right', { rank: 900 });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(CommandIds.showRuns, {
      label: 'Show RLM Runs',
      caption: 'Show all runs of this notebook in the side panel',
      execute: ({ run }) => {
        if (typeof run === 'string') {
          panel.expand(run);
        }
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({ command: CommandIds.showRuns, category: 'RLM' });
  }
};
