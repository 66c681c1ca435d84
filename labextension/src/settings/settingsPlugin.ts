import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { SettingsSender } from './settingsSender';

const ID = 'rlm-magic:settings';
export const settingsPlugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Tells kernels the settings for runs.',
  autoStart: true,
  requires: [ISettingRegistry],
  optional: [INotebookTracker, IConsoleTracker],
  activate: (
    _app: JupyterFrontEnd,
    registry: ISettingRegistry,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null
  ) => {
    const sender = new SettingsSender(registry.load(ID));
    for (const tracker of [notebooks, consoles]) {
      tracker?.forEach(
        ({ sessionContext }: { sessionContext: ISessionContext }) => {
          sender.serve(sessionContext);
        }
      );
      tracker?.widgetAdded.connect(
        (
          _: unknown,
          { sessionContext }: { sessionContext: ISessionContext }
        ) => {
          sender.serve(sessionContext);
        }
      );
    }
  }
};
