// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, expect, it } from 'vitest';

import type { Call } from '../../../../src/panel/state';
import { SubCalls } from '../../../../src/panel/views/calls';
import { calls, run, RUNNING, source, START } from './calls';

afterEach(cleanup);

const draw = (some: readonly Call[]) =>
  render(<SubCalls run={run} calls={some} omitted={0} source={source()} />);

const picture = () => screen.getByRole('img');

it('is one sentence for those who cannot see it', () => {
  draw(calls(5));
  expect(picture().getAttribute('aria-label')).toBe(
    '5 sub-calls, at most 2 at once, 6.0 s'
  );
});

it('lasts until now while a call runs', () => {
  draw(calls(5, number => (number === 1 ? RUNNING : {})));
  expect(picture().getAttribute('aria-label')).toBe(
    '5 sub-calls, at most 3 at once, 19.0 s'
  );
});

it('draws 10,000 bars as a few paths', () => {
  draw(calls(10_000, number => ({ started: START + number / 10 })));
  expect(picture().childElementCount).toBeLessThan(10);
});

it('is left out where times are not known', () => {
  draw(calls(5, () => ({ started: null, seconds: null })));
  expect(screen.queryByRole('img')).toBeNull();
});

it('tells the call under the pointer, and selects it with a click', () => {
  draw(calls(4, number => ({ started: START + number * 10, seconds: 9 })));
  picture().getBoundingClientRect = () => new DOMRect(0, 0, 390, 8);
  fireEvent.mouseMove(picture(), { clientX: 250, clientY: 4 });
  expect(document.body.textContent).toContain('#3 done · 9.0 s · prompt 3');
  fireEvent.click(picture(), { clientX: 250, clientY: 4 });
  expect(
    document.querySelector('[aria-selected="true"]')?.textContent
  ).toContain('prompt 3');
});
