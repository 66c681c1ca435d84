import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { recordFactory } from './recordRenderer';

export const recordPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:record',
  description: 'Shows the runs that are saved in a notebook.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app, rendermime: IRenderMimeRegistry) => {
    rendermime.addFactory(recordFactory);
  }
};
