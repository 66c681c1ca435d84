import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { cellAt, goToCell } from '../notebook/cells';
import { placeOf } from '../notebook/outputs';
import { page, type LiveRun } from '../panel/page';
import { CommandIds, type ILiveRuns } from '../shared/tokens';
import { goToApproval } from './approvalBox';

export class LiveRuns implements ILiveRuns {
  readonly changed = new Signal<this, void>(this);
  private readonly followed = new Map<LiveRun, () => void>();
  // A run keeps its session when the comm that tells it apart has closed.
  private readonly sessions = new WeakMap<LiveRun, ISessionContext>();
  private readonly watched = new WeakSet<ISessionContext>();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker,
    private readonly consoles: IConsoleTracker | null
  ) {
    page().subscribe(() => {
      this.follow();
    });
    this.follow();
  }

  get all(): readonly LiveRun[] {
    return [...page().runs].sort((one, other) => begun(one) - begun(other));
  }

  sessionOf(run: LiveRun): ISessionContext | null {
    const known = this.sessions.get(run);
    if (known && !known.isDisposed) {
      return known;
    }
    const found = this.contexts().find(context =>
      context.session?.kernel?.hasComm(run.id)
    );
    if (found) {
      this.sessions.set(run, found);
      this.watch(found);
    }
    return found ?? null;
  }

  notebookOf(run: LiveRun): NotebookPanel | null {
    const kernel = this.sessionOf(run)?.session?.kernel?.id;
    const panels = list(this.notebooks).filter(
      ({ sessionContext }) =>
        kernel !== undefined && sessionContext.session?.kernel?.id === kernel
    );
    // Notebooks may share a kernel.
    return panels.find(panel => cellAt(panel, run.cell)) ?? panels[0] ?? null;
  }

  async show(run: LiveRun): Promise<void> {
    const { commands, shell } = this.app;
    const panel = this.notebookOf(run);
    if (!panel) {
      const session = this.sessionOf(run);
      const console = this.consoles?.find(
        ({ sessionContext }) => sessionContext === session
      );
      shell.activateById(console?.id ?? '');
      return;
    }
    shell.activateById(panel.id);
    const cell = cellAt(panel, run.cell);
    if (cell && placeOf(run, cell.model) >= 0) {
      await goToCell(panel, cell);
      goToApproval(cell.node);
    } else if (commands.hasCommand(CommandIds.showRuns)) {
      await commands.execute(CommandIds.showRuns, { run: run.id });
    }
  }

  private contexts(): ISessionContext[] {
    return [
      ...list(this.notebooks),
      ...(this.consoles ? list(this.consoles) : [])
    ].map(({ sessionContext }) => sessionContext);
  }

  /** A widget is not told when its notebook is closed, or its kernel restarts. */
  private watch(session: ISessionContext): void {
    if (this.watched.has(session)) {
      return;
    }
    this.watched.add(session);
    const sweep = (): void => {
      for (const run of [...page().runs]) {
        const kernel = session.isDisposed ? null : session.session?.kernel;
        if (this.sessions.get(run) === session && !kernel?.hasComm(run.id)) {
          run.end();
          page().remove(run);
        }
      }
    };
    session.statusChanged.connect(sweep);
    session.kernelChanged.connect(sweep);
    session.disposed.connect(sweep);
  }

  private follow(): void {
    const { runs } = page();
    for (const run of runs) {
      this.sessionOf(run);
      if (!this.followed.has(run)) {
        const changed = (): void => {
          this.changed.emit();
        };
        this.followed.set(run, run.source.subscribe(changed));
      }
    }
    for (const [run, unfollow] of this.followed) {
      if (!runs.has(run)) {
        unfollow();
        this.followed.delete(run);
      }
    }
    this.changed.emit();
  }
}

function begun({ source: { tree } }: LiveRun): number {
  return tree.runs.get(tree.root ?? '')?.started ?? Infinity;
}

function list<T>(tracker: { forEach(visit: (widget: T) => void): void }): T[] {
  const widgets: T[] = [];
  tracker.forEach(widget => widgets.push(widget));
  return widgets;
}
