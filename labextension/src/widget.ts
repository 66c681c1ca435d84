/** The entry of the widget's module: anywidget calls `initialize` once, and `render` for each view. */
import { mountPanel } from './panel/index';
import { liveRun } from './panel/live';
import type { Model } from './panel/live';
import { page } from './panel/page';
import { updateTitle } from './panel/title';

function initialize({ model }: { model: Model }): () => void {
  const run = liveRun(model);
  page().add(run);
  const unsubscribe = run.source.subscribe(updateTitle);
  const unfollow = page().subscribe(updateTitle);
  return () => {
    unsubscribe();
    unfollow();
    run.end();
    page().remove(run);
    updateTitle();
  };
}

function render({
  model,
  el
}: {
  model: Model;
  el: HTMLElement;
}): (() => void) | undefined {
  // The two functions are given objects of their own for one and the same model.
  const id = model.get('id');
  const run = [...page().runs].find(run => run.id === id);
  return run && mountPanel(el, run.source);
}

export default { initialize, render };
