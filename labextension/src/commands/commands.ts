import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { BoxesInSight, pressApprove } from '../live/approvalBox';
import { choose, isRunning, isWaiting, nextWaiting } from '../live/targets';
import { cellAt } from '../notebook/cells';
import { savedRuns, type SavedRun } from '../notebook/outputs';
import type { LiveRun } from '../panel/page';
import { CommandIds, type ILiveRuns } from '../shared/tokens';
import { openTrace } from '../trace/openTrace';
import { insertCode } from './insertCode';

export class Commands {
  private readonly boxes = new BoxesInSight();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker,
    private readonly live: ILiveRuns
  ) {
    const { commands } = app;
    const waiting = (): boolean => live.all.some(isWaiting);
    commands.addCommand(CommandIds.approve, {
      label: 'Approve the Code of the Run',
      caption: 'Run the code that waits for approval',
      isEnabled: waiting,
      execute: () => this.approve()
    });
    commands.addCommand(CommandIds.reject, {
      label: 'Reject the Code of the Run…',
      caption: 'Refuse the code that waits for approval, with a note',
      isEnabled: waiting,
      execute: () => this.reject()
    });
    commands.addCommand(CommandIds.stop, {
      label: 'Stop the Run',
      caption: 'End the run of the active cell, or else the oldest one',
      isEnabled: () => live.all.some(isRunning),
      execute: async () => {
        (await this.seen(isRunning))?.source.controls?.stop();
      }
    });
    commands.addCommand(CommandIds.nextApproval, {
      label: 'Next Pending Approval',
      caption: 'Go to the next run that waits for approval, in any notebook',
      isEnabled: waiting,
      execute: async () => {
        const run = nextWaiting(live.all, this.cell);
        if (run) {
          await live.show(run);
        }
      }
    });
    commands.addCommand(CommandIds.insertCode, {
      label: "Insert This Run's Code as Cells",
      caption: 'Make ordinary cells of the code that the run executed',
      isEnabled: () =>
        this.saved !== undefined && !notebooks.currentWidget?.model?.readOnly,
      execute: () => this.insertCode()
    });
    commands.addCommand(CommandIds.openTrace, {
      label: 'Open the Trace of the Run',
      caption: 'Open the trace file of the run',
      isEnabled: args => this.tracePath(args) !== undefined,
      execute: args => this.openTrace(this.tracePath(args))
    });
  }

  /** What decides which commands are enabled. */
  get state(): string {
    const { all } = this.live;
    return JSON.stringify([
      all.some(isWaiting),
      all.some(isRunning),
      this.saved !== undefined,
      this.tracePath({})
    ]);
  }

  /** To be called after each change of the runs that live. */
  update(): void {
    this.boxes.watch(this.live.all.some(isWaiting));
  }

  private get cell(): string | undefined {
    return this.notebooks.activeCell?.model.id;
  }

  private get saved(): SavedRun | undefined {
    const cell = this.notebooks.activeCell;
    return cell ? savedRuns(cell.model).at(-1) : undefined;
  }

  /** The path that is given, else that of the run of the active cell. */
  private tracePath({ trace }: ReadonlyPartialJSONObject): string | undefined {
    if (typeof trace === 'string') {
      return trace;
    }
    const run = this.saved ?? this.live.all.find(run => run.cell === this.cell);
    return run?.source.trace;
  }

  /** The run that is meant; none, but a way to it, where the person looks at another notebook. */
  private async seen(
    fits: (run: LiveRun) => boolean
  ): Promise<LiveRun | undefined> {
    const run = choose(this.live.all, this.cell, fits);
    if (run && this.live.notebookOf(run) !== this.notebooks.currentWidget) {
      await this.live.show(run);
      return undefined;
    }
    return run;
  }

  /** Approves what the person has before them; goes there first where that isn't plain. */
  private async approve(): Promise<void> {
    const { focused } = this.boxes;
    if (focused) {
      pressApprove(focused);
      return;
    }
    const run = await this.seen(isWaiting);
    const panel = this.notebooks.currentWidget;
    if (run && panel) {
      const cell = cellAt(panel, run.cell);
      const box = cell && this.boxes.only(cell.node);
      if (box) {
        pressApprove(box);
      } else {
        await this.live.show(run);
      }
    }
  }

  private async reject(): Promise<void> {
    const run = await this.seen(isWaiting);
    const question = run?.source.tree.questions[0];
    if (!run || !question) {
      return;
    }
    const { button, value } = await InputDialog.getText({
      title: `Reject the ${question.spend ? 'Calls' : 'Code'} of Step ${String(question.step)}`,
      label: 'Note: what the root model should do instead',
      okLabel: 'Reject'
    });
    if (button.accept) {
      run.source.controls?.decide({
        ...question,
        decision: 'reject',
        note: value ?? ''
      });
    }
  }

  private async insertCode(): Promise<void> {
    const { saved, notebooks } = this;
    if (saved && notebooks.currentWidget && notebooks.activeCell) {
      await insertCode(notebooks.currentWidget, notebooks.activeCell, saved);
    }
  }

  private async openTrace(trace: string | undefined): Promise<void> {
    if (trace === undefined) {
      return;
    }
    await openTrace(this.app, trace, this.notebooks.currentWidget);
  }
}
