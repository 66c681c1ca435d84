import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';

import { runIcon } from '../shared/icons';
import { traceFileType } from './traceFileType';
import {
  TRACE_FACTORY,
  type TraceViewer,
  TraceViewerFactory
} from './traceViewer';

export const tracePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rlm-magic:trace',
  description: 'Shows the saved traces of runs, as files of their own type.',
  autoStart: true,
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null) => {
    app.docRegistry.addFileType({ ...traceFileType, icon: runIcon });
    const factory = new TraceViewerFactory(
      {
        name: TRACE_FACTORY,
        modelName: 'text',
        fileTypes: [traceFileType.name],
        defaultFor: [traceFileType.name],
        readOnly: true
      },
      app.serviceManager.contents
    );
    const tracker = new WidgetTracker<IDocumentWidget<TraceViewer>>({
      namespace: 'rlm-trace'
    });
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    // Its type differs from what it implements by an `undefined` only.
    app.docRegistry.addWidgetFactory(factory as DocumentRegistry.WidgetFactory);
    if (restorer) {
      void restorer.restore(tracker, {
        command: 'docmanager:open',
        args: ({ context }) => ({ path: context.path, factory: TRACE_FACTORY }),
        name: ({ context }) => context.path
      });
    }
  }
};
