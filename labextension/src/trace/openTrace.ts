import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  MainAreaWidget,
  showDialog
} from '@jupyterlab/apputils';
import { PageConfig, PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';

import { traceSource } from '../panel/saved';
import { runIcon } from '../shared/icons';
import { RunView } from '../shared/runView';
import { contentsPath } from './contentsPath';
import { readByKernel } from './kernelFile';
import { TRACE_FACTORY } from './traceViewer';

/**
 * Shows a trace that `notebook` names: as a file where the server shows it, else as the notebook's
 * kernel reads it. Where neither can, says where it is.
 */
export async function openTrace(
  { commands, serviceManager, shell }: JupyterFrontEnd,
  trace: string,
  notebook: NotebookPanel | null
): Promise<void> {
  const folder = PathExt.dirname(notebook?.context.localPath ?? '');
  const path = contentsPath(trace, PageConfig.getOption('serverRoot'), folder);
  const found =
    path !== null &&
    (await serviceManager.contents.get(path, { content: false }).then(
      () => true,
      () => false
    ));
  if (found) {
    await commands.execute('docmanager:open', { path, factory: TRACE_FACTORY });
    return;
  }
  const kernel = notebook?.sessionContext.session?.kernel;
  const text = kernel ? await readByKernel(kernel, trace) : null;
  if (text === null) {
    await sayWhereItIs(trace);
    return;
  }
  const widget = new MainAreaWidget({ content: new TraceText(text) });
  widget.title.label = PathExt.basename(trace.replaceAll('\\', '/'));
  widget.title.caption = trace;
  widget.title.icon = runIcon;
  shell.add(widget, 'main');
  shell.activateById(widget.id);
}

/** The run of a trace that is no document of the server. */
class TraceText extends Widget {
  private readonly view = new RunView(this.node);

  constructor(text: string) {
    super();
    this.addClass('rlm-Trace');
    this.view.draw(() => traceSource(text));
  }

  override dispose(): void {
    this.view.dispose();
    super.dispose();
  }
}

async function sayWhereItIs(trace: string): Promise<void> {
  const { button } = await showDialog({
    title: 'The Trace Is Elsewhere',
    body: `Neither the server nor an idle kernel of this notebook can show it: ${trace}`,
    buttons: [
      Dialog.cancelButton({ label: 'Close' }),
      Dialog.okButton({ label: 'Copy Path' })
    ]
  });
  if (button.accept) {
    Clipboard.copyToSystem(trace);
  }
}
