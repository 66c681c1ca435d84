import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { RECORD_TYPE } from '../notebook/outputs';
import { recordSource } from '../panel/saved';
import { RunView } from '../shared/runView';

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
