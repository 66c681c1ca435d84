import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { ProseCells } from './proseCells';

export const prosePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:prose',
  description: 'Shows cells that begin with %%rlm as prose.',
  autoStart: true,
  requires: [INotebookTracker, IEditorLanguageRegistry],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    languages: IEditorLanguageRegistry
  ) => {
    const follow = (panel: NotebookPanel): void => {
      void panel.context.ready.then(() => {
        if (!panel.isDisposed) {
          new ProseCells(panel.content, panel, languages);
        }
      });
    };
    notebooks.forEach(follow);
    notebooks.widgetAdded.connect((_, panel) => {
      follow(panel);
    });
  }
};
