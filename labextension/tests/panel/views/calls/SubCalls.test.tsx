// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';

import type { RunSource } from '../../../../src/panel/source';
import type { Call } from '../../../../src/panel/state';
import { SubCalls } from '../../../../src/panel/views/calls';
import { call, calls, FAILED, run, RUNNING, source } from './calls';

afterEach(cleanup);

const view = (
  some: readonly Call[],
  from: RunSource = source(),
  omitted = 0
) => <SubCalls run={run} calls={some} omitted={omitted} source={from} />;

const NOTED: Partial<Call>[] = [
  { cached: true },
  { faults: ['rate_limit', 'reset'], retries: 2 },
  { hedged: true, cutOff: true },
  { images: ['a.png', 'b.png'], parameters: ['temperature 0'] }
];

function unfolded(some: readonly Call[], from?: RunSource) {
  const drawn = render(view(some, from));
  fireEvent.click(screen.getByRole('button', { name: /sub-calls/ }));
  return drawn;
}

const grid = () => screen.getByRole('grid');
const rows = () => screen.getAllByRole('row').slice(1);
const numbers = () => rows().map(row => row.firstElementChild?.textContent);
const press = (key: string) => fireEvent.keyDown(grid(), { key });
const selected = () =>
  document.querySelector('[aria-selected="true"]')?.textContent ?? '';

describe('few sub-calls', () => {
  it('are lines without controls', () => {
    render(view(calls(3)));
    expect(screen.getAllByRole('button')).toHaveLength(3);
    expect(screen.queryByRole('searchbox')).toBeNull();
    expect(screen.queryByRole('grid')).toBeNull();
  });

  it('open to the whole of a call, and close', () => {
    render(view([call(1)]));
    const line = screen.getByRole('button', { name: /prompt 1/ });
    fireEvent.click(line);
    expect(line.getAttribute('aria-expanded')).toBe('true');
    expect(screen.getByRole('group', { name: 'Sub-call 1' })).toBeTruthy();
    fireEvent.click(line);
    expect(screen.queryByRole('group')).toBeNull();
  });

  it('tell all about a call that is opened, and a note beside the others', () => {
    const some = [
      call(1, { ...FAILED, faults: ['server'] }),
      call(2, NOTED[3])
    ];
    render(view(some));
    expect(
      screen.getByRole('button', { name: /prompt 1/ }).textContent
    ).toContain('server error');
    fireEvent.click(screen.getByRole('button', { name: /prompt 2/ }));
    const detail = screen.getByRole('group', { name: 'Sub-call 2' });
    for (const fact of ['a.png', 'b.png', 'temperature 0']) {
      expect(detail.textContent).toContain(fact);
    }
  });

  it('stay open when they become many', () => {
    const { rerender } = render(view(calls(2)));
    fireEvent.click(screen.getByRole('button', { name: /prompt 2/ }));
    rerender(view(calls(9)));
    expect(screen.getByRole('group', { name: 'Sub-call 2' })).toBeTruthy();
    expect(selected()).toContain('prompt 2');
  });
});

describe('many sub-calls', () => {
  it('are summed up in one line, the table folded in', () => {
    const some = calls(10, number =>
      number === 1 ? FAILED : { cached: number === 2, seconds: number }
    );
    render(view(some));
    const line = screen.getByRole('button').textContent;
    expect(line).toContain('10 sub-calls');
    expect(line).toContain('1 failed');
    expect(line).toContain('9 done');
    expect(line).toContain('1 from the store');
    expect(line).toContain('slowest 10.0 s');
    expect(line).toContain('120 tokens');
    expect(screen.queryByRole('grid')).toBeNull();
  });

  it('say how many prompts were repeats, and requests sent again', () => {
    const some = calls(10, number => ({
      retries: number === 1 ? 3 : 0,
      tokens: { input: 10, cached: 5, output: 2 }
    }));
    const { rerender } = render(
      <SubCalls
        {...{ run, calls: some, omitted: 0, repeats: 40 }}
        source={source()}
      />
    );
    const line = screen.getByRole('button').textContent;
    expect(line).toContain('40 repeats not sent');
    expect(line).toContain('3 retries');
    expect(line).toContain('120 tokens (50 cached)');
    rerender(
      <SubCalls
        {...{ run, calls: calls(1), omitted: 0, repeats: 1 }}
        source={source()}
      />
    );
    expect(document.body.textContent).toContain('1 repeat not sent');
  });

  it('say how many a record has no room for', () => {
    const { rerender } = render(
      view(calls(5), source({ trace: 'a.rlm.jsonl' }), 1_200)
    );
    expect(document.body.textContent).toContain(
      '1,200 more sub-calls are only in the trace file: a.rlm.jsonl'
    );
    rerender(view([], source(), 1));
    expect(document.body.textContent).toBe(
      '1 sub-call is only in the trace file.'
    );
  });

  it('draw nothing where there are none', () => {
    const { container } = render(view([]));
    expect(container.innerHTML).toBe('');
  });
});

describe('the table', () => {
  it('draws only the rows in sight, and tells how many there are', () => {
    unfolded(calls(10_000));
    expect(grid().getAttribute('aria-rowcount')).toBe('10001');
    expect(rows().length).toBeLessThan(40);
    expect(rows()[0]?.getAttribute('aria-rowindex')).toBe('2');
  });

  it('is moved through by keyboard', () => {
    unfolded(calls(1_000));
    press('ArrowDown');
    expect(selected()).toContain('prompt 1');
    press('PageDown');
    expect(selected()).toContain('prompt 11');
    press('End');
    expect(selected()).toContain('prompt 1000');
    press('ArrowUp');
    expect(selected()).toContain('prompt 999');
    const active = grid().getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.textContent).toContain(
      'prompt 999'
    );
    press('Home');
    expect(selected()).toContain('prompt 1');
    expect(numbers()[0]).toBe('1');
  });

  it('opens a row with Enter, closes it with Enter or Escape', () => {
    unfolded(calls(10));
    press('ArrowDown');
    press('Enter');
    expect(screen.getByRole('group', { name: 'Sub-call 1' })).toBeTruthy();
    press('ArrowDown');
    expect(screen.getByRole('group', { name: 'Sub-call 2' })).toBeTruthy();
    press('Enter');
    expect(screen.queryByRole('group')).toBeNull();
    press('Enter');
    press('Escape');
    expect(screen.queryByRole('group')).toBeNull();
  });

  it('opens a row with a click', () => {
    unfolded(calls(10));
    fireEvent.click(screen.getByText('prompt 3'));
    expect(screen.getByRole('group', { name: 'Sub-call 3' })).toBeTruthy();
  });

  it('keeps focus, selection and place while calls stream in', () => {
    const { rerender } = unfolded(calls(300));
    grid().focus();
    press('ArrowDown');
    press('End');
    const { scrollTop } = grid();
    const place = document.activeElement;
    rerender(view(calls(600)));
    expect(document.activeElement).toBe(place);
    expect(selected()).toContain('prompt 300');
    expect(grid().scrollTop).toBe(scrollTop);
    expect(scrollTop).toBeGreaterThan(0);
  });

  it('keeps what is in sight where it is when rows come above it', () => {
    const slow = (number: number) => ({ seconds: number });
    const { rerender } = unfolded(calls(300, slow));
    fireEvent.click(screen.getByRole('button', { name: 'Latency' }));
    grid().scrollTop = 50 * 24;
    fireEvent.scroll(grid());
    rerender(view(calls(320, slow)));
    expect(grid().scrollTop).toBe(70 * 24);
  });

  it('sorts by a column, calls without a value last', () => {
    const some = calls(6, number =>
      number === 2 ? RUNNING : { seconds: number % 4 }
    );
    unfolded(some);
    const latency = screen.getByRole('columnheader', { name: 'Latency' });
    const button = screen.getByRole('button', { name: 'Latency' });
    expect(latency.getAttribute('aria-sort')).toBe('none');
    fireEvent.click(button);
    expect(latency.getAttribute('aria-sort')).toBe('descending');
    expect(numbers()).toEqual(['3', '6', '1', '5', '4', '2']);
    fireEvent.click(button);
    expect(latency.getAttribute('aria-sort')).toBe('ascending');
    expect(numbers()).toEqual(['4', '1', '5', '6', '3', '2']);
  });

  it('offers the statuses that occur, with their counts', () => {
    const some = calls(9, number =>
      number > 7 ? FAILED : number === 7 ? RUNNING : { cached: number === 1 }
    );
    unfolded(some);
    const filters = screen
      .getAllByRole('button')
      .filter(button => button.hasAttribute('aria-pressed'));
    expect(filters.map(filter => filter.textContent)).toEqual([
      'all 9',
      'running 1',
      'failed 2',
      'done 6',
      'from the store 1'
    ]);
    fireEvent.click(screen.getByRole('button', { name: 'failed 2' }));
    expect(numbers()).toEqual(['8', '9']);
    fireEvent.click(screen.getByRole('button', { name: 'from the store 1' }));
    expect(numbers()).toEqual(['1']);
  });

  it('searches prompts, replies and errors, whatever the case', () => {
    const some = calls(8, number => (number === 4 ? FAILED : {}));
    unfolded(some);
    const search = screen.getByRole('searchbox', { name: 'Search' });
    fireEvent.input(search, { target: { value: 'REPLY 7' } });
    expect(numbers()).toEqual(['7']);
    fireEvent.input(search, { target: { value: 'ratelimit' } });
    expect(numbers()).toEqual(['4']);
    fireEvent.input(search, { target: { value: '.*' } });
    expect(screen.getByText('No sub-call matches.')).toBeTruthy();
  });

  it('says that it searches previews where texts are cut', () => {
    unfolded(calls(5, () => ({ prompt: { start: 'p', chars: 900 } })));
    expect(
      screen.getByRole('searchbox', { name: 'Search the previews' })
    ).toBeTruthy();
    expect(screen.getAllByText('900')).toHaveLength(5);
  });

  it('has columns for cost and notes only where there are some', () => {
    const { rerender } = unfolded(calls(5, () => ({ usd: 0 })));
    for (const name of ['Cost', 'Notes']) {
      expect(screen.queryByRole('columnheader', { name })).toBeNull();
    }
    const some = calls(5, number => ({
      usd: number === 1 ? 0.5 : number === 2 ? 0 : null,
      ...NOTED[number - 1]
    }));
    rerender(view(some));
    expect(screen.getByRole('columnheader', { name: 'Notes' })).toBeTruthy();
    const notes = document.querySelectorAll('[role=gridcell].rlm-call-notes');
    expect([...notes].map(cell => cell.textContent)).toEqual([
      'from the store',
      'rate limit, connection lost, 2 retries',
      'hedged, cut off',
      '2 images',
      ''
    ]);
    const costs = document.querySelectorAll('[role=gridcell].rlm-call-cost');
    expect([...costs].map(cell => cell.textContent)).toEqual([
      '$0.5000',
      '–',
      '–',
      '–',
      '–'
    ]);
  });
});
