import {
  ABCWidgetFactory,
  DocumentWidget,
  type DocumentRegistry,
  type IDocumentWidget
} from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { traceSource } from '../panel/saved';
import { runIcon } from '../shared/icons';
import { RunView } from '../shared/runView';

export const TRACE_FACTORY = 'RLM Trace';

// JupyterLab does not tell when a file changes on disk, as that of a run that lives does.
const LOOK_EVERY = 2_000; // milliseconds

/** How much longer than the last reading took it is until the next one. */
const REST = 10;

const LONGEST_FOLLOWED = 20 * 2 ** 20; // bytes

const HINT = 'Open With → Editor shows the file as it is.';

/** Shows the run of a trace file, and follows the file. */
export class TraceViewer extends Widget {
  private readonly view = new RunView(this.node);
  private timer = 0;

  constructor(
    private readonly context: DocumentRegistry.Context,
    private readonly contents: Contents.IManager
  ) {
    super();
    this.addClass('rlm-Trace');
    this.node.tabIndex = -1;
    void context.ready.then(() => {
      if (!this.isDisposed) {
        context.model.contentChanged.connect(() => {
          this.update();
        });
        this.update();
        this.follow(this.flush());
      }
    });
  }

  protected override onUpdateRequest(): void {
    this.view.draw(() => traceSource(this.context.model.toString()), HINT);
  }

  /** Looks at the file now and then; `took` is how long it took to read and draw it last. */
  private follow(took: number): void {
    this.timer = window.setTimeout(
      () => {
        void this.look().then(next => {
          if (!this.isDisposed) {
            this.follow(next ?? took);
          }
        });
      },
      Math.max(LOOK_EVERY, REST * took)
    );
  }

  /** Draws what is to be drawn; returns how long it took, in milliseconds. */
  private flush(): number {
    const begun = performance.now();
    MessageLoop.flush();
    return performance.now() - begun;
  }

  /**
   * Reads the file again if it has changed, as long as its run is seen and has not ended, and the
   * file is not very long. Returns how long reading and drawing it took, if it was read.
   */
  private async look(): Promise<number | undefined> {
    const { context, view } = this;
    if (context.isReady && this.isVisible && !document.hidden && !view.ended) {
      const known = context.contentsModel?.last_modified;
      const file = await this.contents
        .get(context.path, { content: false })
        .catch(() => null);
      const follows = (file?.size ?? 0) <= LONGEST_FOLLOWED;
      if (file && file.last_modified !== known && follows && !this.isDisposed) {
        const begun = performance.now();
        await context.revert();
        const reading = performance.now() - begun;
        return reading + this.flush();
      }
    }
    return undefined;
  }

  protected override onActivateRequest(): void {
    this.node.focus();
  }

  override dispose(): void {
    window.clearTimeout(this.timer);
    this.view.dispose();
    super.dispose();
  }
}

export class TraceViewerFactory extends ABCWidgetFactory<
  IDocumentWidget<TraceViewer>
> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions,
    private readonly contents: Contents.IManager
  ) {
    super(options);
  }

  protected createNewWidget(
    context: DocumentRegistry.Context
  ): IDocumentWidget<TraceViewer> {
    const content = new TraceViewer(context, this.contents);
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = runIcon;
    return widget;
  }
}
