import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { h, render } from 'preact';

import { cellAt, goToCell } from '../notebook/cells';
import { runIcon } from '../shared/icons';
import { CommandIds, type ILiveRuns } from '../shared/tokens';
import { listRuns, type Listed } from './listing';
import { RunsList } from './RunsList';

/** The side panel with the runs of the current notebook. */
export class RunsPanel extends Widget {
  private notebook: NotebookPanel | null = null;
  private open: string | null = null;
  private readonly refresh = (): void => {
    this.update();
  };

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly live: ILiveRuns
  ) {
    super();
    this.id = 'rlm-runs';
    this.addClass('rlm-Runs');
    this.title.icon = runIcon;
    this.title.caption = 'RLM Runs';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'RLM Runs');
    live.changed.connect(this.refresh);
  }

  follow(notebook: NotebookPanel | null): void {
    this.notebook?.model?.contentChanged.disconnect(this.refresh);
    this.notebook = notebook;
    void notebook?.context.ready.then(() => {
      if (this.notebook === notebook) {
        notebook.model?.contentChanged.connect(this.refresh);
        this.update();
      }
    });
    this.update();
  }

  /** Shows the panel of a live run that no cell shows. */
  expand(run: string): void {
    this.open = run;
    this.update();
  }

  protected override onUpdateRequest(): void {
    if (!this.isVisible) {
      return;
    }
    const { notebook, live, open } = this;
    const runs = live.all.filter(run => live.notebookOf(run) === notebook);
    render(
      h(RunsList, {
        runs: notebook ? listRuns(notebook, runs) : [],
        open,
        go: run => void this.go(run),
        openTrace: this.app.commands.hasCommand(CommandIds.openTrace)
          ? trace =>
              void this.app.commands.execute(CommandIds.openTrace, { trace })
          : null
      }),
      this.node
    );
  }

  protected override onAfterShow(): void {
    this.update();
  }

  override dispose(): void {
    render(null, this.node);
    super.dispose();
  }

  private async go({ key, cell }: Listed): Promise<void> {
    const { notebook } = this;
    const found =
      cell === null ? undefined : notebook && cellAt(notebook, cell);
    if (notebook && found) {
      this.app.shell.activateById(notebook.id);
      await goToCell(notebook, found);
    } else {
      this.open = this.open === key ? null : key;
      this.update();
    }
  }
}
