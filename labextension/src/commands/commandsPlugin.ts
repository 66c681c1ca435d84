import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { CommandIds, ILiveRuns } from '../shared/tokens';
import { Commands } from './commands';

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:commands',
  description: 'Commands for runs, with shortcuts, in the palette and menus.',
  autoStart: true,
  requires: [INotebookTracker, ILiveRuns],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    live: ILiveRuns,
    palette: ICommandPalette | null
  ) => {
    const commands = new Commands(app, notebooks, live);
    const { approve, reject, stop, nextApproval, insertCode, openTrace } =
      CommandIds;
    const ids = [approve, reject, stop, nextApproval, insertCode, openTrace];
    for (const command of ids) {
      palette?.addItem({ command, category: 'RLM' });
    }
    let state = commands.state;
    const update = (): void => {
      commands.update();
      if (commands.state !== state) {
        state = commands.state;
        ids.forEach(id => {
          app.commands.notifyCommandChanged(id);
        });
      }
    };
    live.changed.connect(update);
    notebooks.activeCellChanged.connect(update);
    update();
  }
};
