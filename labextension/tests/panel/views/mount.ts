import { act } from '@testing-library/preact';
import { afterEach } from 'vitest';

import { mountPanel } from '../../../src/panel';
import { page } from '../../../src/panel/page';
import type { RunSource } from '../../../src/panel/source';

const unmounts: (() => void)[] = [];

afterEach(() => {
  for (const unmount of unmounts.splice(0)) {
    unmount();
  }
  document.body.replaceChildren();
  page().host = null;
});

export function mount(
  source: RunSource,
  around: HTMLElement = document.body
): HTMLElement {
  const element = document.createElement('div');
  around.append(element);
  void act(() => {
    unmounts.push(mountPanel(element, source));
  });
  return element;
}

// jsdom lays nothing out.
Element.prototype.scrollIntoView = () => undefined;
