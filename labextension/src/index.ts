import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { attentionPlugin } from './attention';
import { commandsPlugin } from './commands';
import { hostPlugin } from './host';
import { liveRunsPlugin } from './liveRuns';
import { prosePlugin } from './prose';
import { reattachPlugin } from './reattach';
import { recordPlugin } from './recordRenderer';
import { runsPlugin } from './runsPanel';
import { settingsPlugin } from './settings';
import { tracePlugin } from './traceViewer';

/** Each can be disabled by itself. */
const plugins: readonly JupyterFrontEndPlugin<unknown>[] = [
  recordPlugin,
  tracePlugin,
  liveRunsPlugin,
  hostPlugin,
  attentionPlugin,
  reattachPlugin,
  commandsPlugin,
  runsPlugin,
  settingsPlugin,
  prosePlugin
];

export default plugins;
