/** The panel of a run: the one way in which others draw it. */
import { h, render } from 'preact';

import type { RunSource } from './source';
import { Panel } from './views/Panel';

/** Draws `source` in `element` and keeps it up to date until the returned function is called. */
export function mountPanel(
  element: HTMLElement,
  source: RunSource
): () => void {
  render(h(Panel, { source }), element);
  return () => {
    render(null, element);
  };
}
