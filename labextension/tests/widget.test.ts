// @vitest-environment jsdom
import { waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { page } from '../src/panel/page';
import widget from '../src/widget';
import { event } from './panel/events';
import { FakeModel } from './panel/model';

const MARKED = '● Approval needed: Lab';
const question = [
  event(1, 'run_started', { question: 'How many?' }),
  event(2, 'code_proposed', { block: 1, code: 'x', asked: true })
];
const decided = event(3, 'code_decided', { block: 1, decision: 'approve' });

let ends: (() => void)[] = [];

function start(id: string): FakeModel {
  const model = new FakeModel(id);
  ends.push(widget.initialize({ model }));
  return model;
}

beforeEach(() => {
  document.title = 'Lab';
});

afterEach(() => {
  ends.forEach(end => {
    end();
  });
  ends = [];
});

describe('the widget', () => {
  it('adds its run to the page and takes it away', () => {
    start('one');
    expect([...page().runs].map(({ id, cell }) => [id, cell])).toEqual([
      ['one', 'cell']
    ]);
    ends.pop()?.();
    expect(page().runs.size).toBe(0);
  });

  it('draws its run in each of its views', async () => {
    const model = start('one');
    const views = [1, 2].map(() => document.createElement('div'));
    const removals = views.map(el =>
      widget.render({ model: new FakeModel('one'), el })
    );
    model.events(question);
    for (const view of views) {
      await waitFor(() => {
        expect(view.textContent).toContain('How many?');
      });
    }
    removals.forEach(remove => remove?.());
    expect(views.map(view => view.childElementCount)).toEqual([0, 0]);
  });
});

describe('the title of the page', () => {
  it('says that approval is needed until no run waits', async () => {
    const [one, two] = [start('one'), start('two')];
    one.events(question);
    two.events(question);
    await waitFor(() => {
      expect(document.title).toBe(MARKED);
    });
    one.events([decided]);
    two.events([decided]);
    await waitFor(() => {
      expect(document.title).toBe('Lab');
    });
  });

  it('is what JupyterLab made of it meanwhile', async () => {
    const model = start('one');
    model.events(question);
    await waitFor(() => {
      expect(document.title).toBe(MARKED);
    });
    document.title = 'other.ipynb';
    await waitFor(() => {
      expect(document.title).toBe('● Approval needed: other.ipynb');
    });
    ends.pop()?.();
    expect(document.title).toBe('other.ipynb');
  });
});
