import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';

import { page } from '../panel/page';
import { ILiveRuns } from '../shared/tokens';
import { createEditor } from './codeEditor';

export const hostPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:host',
  description: 'Gives the panels an editor of code and the interrupt.',
  autoStart: true,
  requires: [IEditorServices, ILiveRuns],
  activate: (
    _app: JupyterFrontEnd,
    { factoryService }: IEditorServices,
    live: ILiveRuns
  ) => {
    page().host = {
      createEditor: options => createEditor(factoryService, options),
      interrupt: run => {
        live
          .sessionOf(run)
          ?.session?.kernel?.interrupt()
          .catch((error: unknown) => {
            Notification.error(
              `The kernel could not be interrupted: ${String(error)}`
            );
          });
      }
    };
  }
};
