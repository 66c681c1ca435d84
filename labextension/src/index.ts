import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { commandsPlugin } from './commands/commandsPlugin';
import { hostPlugin } from './host/hostPlugin';
import { attentionPlugin } from './live/attentionPlugin';
import { liveRunsPlugin } from './live/liveRunsPlugin';
import { reattachPlugin } from './live/reattachPlugin';
import { prosePlugin } from './prose/prosePlugin';
import { recordPlugin } from './record/recordPlugin';
import { runsPlugin } from './runs/runsPlugin';
import { settingsPlugin } from './settings/settingsPlugin';
import { tracePlugin } from './trace/tracePlugin';

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
