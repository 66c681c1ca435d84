/** The least of a notebook that our code needs. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { RECORD_TYPE, VIEW_TYPE } from '../src/notebook/outputs';
import type { LiveRun } from '../src/panel/page';
import type { AnyEvent } from '../src/panel/protocol';
import { recordSource } from '../src/panel/saved';

export interface FakeOutput {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export class FakeCell {
  readonly type = 'code';
  readonly sharedModel;
  readonly mimeTypeChanged = new Signal<this, void>(this);
  readonly outputs;
  readonly isDisposed = false;
  trusted = false;
  private mime = 'text/plain';

  constructor(
    readonly id: string,
    readonly list: FakeOutput[] = [],
    private source = ''
  ) {
    const sharedModel = {
      getSource: () => this.source,
      changed: null as unknown as Signal<unknown, void>
    };
    sharedModel.changed = new Signal(sharedModel);
    this.sharedModel = sharedModel;
    this.outputs = {
      get length() {
        return list.length;
      },
      get: (place: number) => list[place],
      add: (output: FakeOutput) => list.push(output),
      set: (place: number, output: FakeOutput) => (list[place] = output)
    };
  }

  get mimeType(): string {
    return this.mime;
  }

  set mimeType(value: string) {
    if (value !== this.mime) {
      this.mime = value;
      this.mimeTypeChanged.emit();
    }
  }

  write(source: string): void {
    this.source = source;
    this.sharedModel.changed.emit();
  }
}

interface PanelOptions {
  readonly heard?: boolean;
}

export function fakePanel(
  cells: FakeCell[],
  { heard = false }: PanelOptions = {}
) {
  const changed = new Signal<Iterable<FakeCell>, void>(cells);
  const list = Object.assign(cells, { changed });
  const future = heard ? { isDisposed: false } : undefined;
  return {
    context: { isReady: true },
    model: { cells: list, collaborative: false },
    content: {
      codeMimetype: 'text/x-python',
      get widgets() {
        return list.map(model => ({ model, outputArea: { future } }));
      }
    }
  };
}

export const asPanel = (panel: ReturnType<typeof fakePanel>): NotebookPanel =>
  panel as unknown as NotebookPanel;

export const viewOf = (id: string): FakeOutput => ({
  data: {
    [VIEW_TYPE]: { version_major: 2, version_minor: 0, model_id: id }
  },
  metadata: {}
});

export function recordOf(question: string, run = ''): FakeOutput {
  return {
    data: { [RECORD_TYPE]: { version: 1, events: [started(question)] } },
    metadata: { [RECORD_TYPE]: { run, trace: null, started: 0, times: [0] } }
  };
}

export function fakeRun(
  id: string,
  cell: string,
  record: LiveRun['record'] = new Promise(() => undefined)
): LiveRun {
  const source = recordSource({ version: 1, events: [started(id, id)] });
  return { id, cell, source, record, end: () => undefined };
}

function started(question: string, run = '1'): AnyEvent {
  return {
    type: 'run_started',
    seq: 1,
    run,
    question,
    model: 'offline/demo',
    sub_model: 'offline/demo',
    depth: 0,
    max_depth: 1,
    description: '',
    version: '0.1.0'
  };
}
