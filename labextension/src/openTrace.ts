import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';

import { contentsPath } from './contentsPath';
import { TRACE_FACTORY } from './traceViewer';

/** Shows a trace; where the server does not show the file, says where it is. */
export async function openTrace(
  { commands, serviceManager }: JupyterFrontEnd,
  trace: string,
  folder: string
): Promise<void> {
  const root = PageConfig.getOption('serverRoot');
  const path = contentsPath(trace, root, folder);
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
  const { button } = await showDialog({
    title: 'The Trace Is Elsewhere',
    body: `The server shows no such file; it may be outside of its folder: ${trace}`,
    buttons: [
      Dialog.cancelButton({ label: 'Close' }),
      Dialog.okButton({ label: 'Copy Path' })
    ]
  });
  if (button.accept) {
    Clipboard.copyToSystem(trace);
  }
}
