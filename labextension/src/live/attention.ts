import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';

import type { LiveRun } from '../panel/page';
import type { ILiveRuns } from '../shared/tokens';
import { isWaiting } from './targets';

const TAB_CLASS = 'rlm-mod-waiting';

/** Says which runs wait for a person: in a notification each, and on the tabs of notebooks. */
export class Attention {
  private readonly notified = new Map<LiveRun, string>();

  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly live: ILiveRuns
  ) {
    live.changed.connect(() => {
      this.update();
    });
    this.update();
  }

  private update(): void {
    const waiting = new Set(this.live.all.filter(isWaiting));
    for (const [run, id] of this.notified) {
      if (!waiting.has(run)) {
        Notification.dismiss(id);
        this.notified.delete(run);
      }
    }
    for (const run of waiting) {
      if (!this.notified.has(run)) {
        this.notified.set(run, this.notify(run));
      }
    }
    const panels = new Set([...waiting].map(run => this.live.notebookOf(run)));
    this.notebooks.forEach(panel => {
      const { title } = panel;
      const others = title.className.replace(` ${TAB_CLASS}`, '');
      title.className = panels.has(panel) ? `${others} ${TAB_CLASS}` : others;
    });
  }

  private notify(run: LiveRun): string {
    return Notification.warning('A run waits for your approval', {
      autoClose: false,
      actions: [
        {
          label: 'Show',
          caption: 'Go to what waits',
          displayType: 'accent',
          callback: () => {
            void this.live.show(run);
          }
        }
      ]
    });
  }
}
