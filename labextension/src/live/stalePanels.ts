import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';

import { cellsOf } from '../notebook/cells';
import { isCode, outputsOf, VIEW_TYPE } from '../notebook/outputs';
import { commsOf } from '../shared/kernelComms';

/** What the kernel writes beside the view of a panel; other widgets have other texts. */
const TEXT = 'The run is shown in a panel.';

/**
 * Leaves the text of the panels that a notebook was saved with, where they are gone from its kernel:
 * ipywidgets would say that it finds no model. The notebook is not dirty by it.
 */
export async function removeStalePanels(panel: NotebookPanel): Promise<void> {
  await panel.context.ready;
  const saved = cellsOf(panel).flatMap(outputsOf).map(modelOf);
  if (panel.model?.collaborative || saved.every(id => id === null)) {
    return;
  }
  await panel.sessionContext.ready;
  const kernel = panel.sessionContext.session?.kernel;
  const alive = kernel ? await commsOf(kernel) : [];
  const { model } = panel;
  if (!alive || !model) {
    return;
  }
  const { dirty } = model;
  const isStale = (id: string | null): boolean =>
    id !== null && saved.includes(id) && !alive.includes(id);
  for (const cell of cellsOf(panel).filter(isCode)) {
    outputsOf(cell).forEach((output, place) => {
      if (isStale(modelOf(output))) {
        cell.outputs.set(place, {
          output_type: 'display_data',
          data: { 'text/plain': TEXT },
          metadata: {}
        });
      }
    });
  }
  model.dirty = dirty;
}

/** The id of the widget's model that a panel shows; null for what is no panel of ours. */
function modelOf({ data }: IOutputModel): string | null {
  const view = data[VIEW_TYPE] as { model_id?: unknown } | undefined;
  const id = data['text/plain'] === TEXT ? view?.model_id : null;
  return typeof id === 'string' ? id : null;
}
