import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { RECORD_TYPE } from './outputs';
import { RunView } from './runView';
import { recordSource } from './panel/saved';

/** Draws a saved run as the panel in which it was seen. */
class RecordRenderer extends Widget implements IRenderMime.IRenderer {
  private readonly view = new RunView(this.node);

  constructor() {
    super();
    this.addClass('rlm-Record');
  }

  renderModel({ data, metadata }: IRenderMime.IMimeModel): Promise<void> {
    this.view.draw(() =>
      recordSource(data[RECORD_TYPE], metadata[RECORD_TYPE])
    );
    return Promise.resolve();
  }

  override dispose(): void {
    this.view.dispose();
    super.dispose();
  }
}

/** Before HTML, which is there for viewers without this extension; safe in untrusted notebooks. */
export const recordFactory: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: [RECORD_TYPE],
  defaultRank: 10,
  createRenderer: () => new RecordRenderer()
};

export const recordPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:record',
  description: 'Shows the runs that are saved in a notebook.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app, rendermime: IRenderMimeRegistry) => {
    rendermime.addFactory(recordFactory);
  }
};
