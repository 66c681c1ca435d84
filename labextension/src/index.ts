import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { traceFileType } from './traceFileType';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:plugin',
  description: 'Shows the saved traces of runs as files of their own type.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    app.docRegistry.addFileType(traceFileType);
  }
};

export default plugin;
