// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';

import type { RunSource } from '../../../../src/panel/source';
import type { Call } from '../../../../src/panel/state';
import { SubCalls } from '../../../../src/panel/views/calls';
import { call, FAILED, run, source, started } from './calls';

afterEach(cleanup);

const CUT = { start: 'the start', end: 'the end', chars: 5_000 };

function open(fields: Partial<Call>, from: RunSource = source()): HTMLElement {
  render(
    <SubCalls run={run} calls={[call(1, fields)]} omitted={0} source={from} />
  );
  fireEvent.click(screen.getAllByRole('button')[0] as HTMLElement);
  return screen.getByRole('region', { name: 'Prompt' });
}

const shown = (section: HTMLElement) =>
  section.querySelector('pre')?.textContent;

describe('a prompt that is cut', () => {
  it('is fetched when its row is opened', async () => {
    const asked: number[] = [];
    const fetch = (seq: number) => {
      asked.push(seq);
      return Promise.resolve(started(seq, 'the whole prompt'));
    };
    const prompt = open({ prompt: CUT }, source({ fetch }));
    expect(shown(prompt)).toContain('the start … 4,984 characters … the end');
    await screen.findByText('the whole prompt');
    expect(asked).toEqual([2]);
    expect(prompt.textContent).toContain('16 characters');
  });

  it('is said to be in the trace file where it cannot be fetched', () => {
    const prompt = open({ prompt: CUT }, source({ trace: 'a.rlm.jsonl' }));
    expect(prompt.textContent).toContain('5,000 characters');
    expect(prompt.textContent).toContain(
      'The trace file holds the whole text: a.rlm.jsonl'
    );
  });

  it('can be asked for again after an error', async () => {
    let fails = true;
    const fetch = (seq: number) =>
      fails
        ? Promise.reject(new Error('no kernel'))
        : Promise.resolve(started(seq, 'there it is'));
    open({ prompt: CUT }, source({ fetch }));
    await screen.findByText(/no kernel/);
    fails = false;
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('there it is');
  });
});

describe('a text in full', () => {
  it('is drawn in pieces when it is very long', () => {
    const prompt = open({ prompt: 'x'.repeat(250_000) });
    expect(shown(prompt)).toHaveLength(100_000);
    fireEvent.click(screen.getByRole('button', { name: 'Show 100,000 more' }));
    fireEvent.click(screen.getByRole('button', { name: 'Show 50,000 more' }));
    expect(shown(prompt)).toHaveLength(250_000);
    expect(screen.queryByRole('button', { name: /more/ })).toBeNull();
  });

  it('is text, whatever it looks like', () => {
    const prompt = open({ prompt: '<img src=x onerror=alert(1)> **a**' });
    expect(document.querySelector('img')).toBeNull();
    expect(shown(prompt)).toBe('<img src=x onerror=alert(1)> **a**');
  });

  it('shows the characters that would otherwise hide', () => {
    const prompt = open({ prompt: 'a\u001b[31m\u202eb\r\n\tc \u200d' });
    expect(shown(prompt)).toBe('a⟨1B⟩[31m⟨202E⟩b⟨0D⟩\n\tc \u200d');
  });

  it('is the error of a call that failed', () => {
    open(FAILED);
    const error = screen.getByRole('region', { name: 'Error' });
    expect(shown(error)).toBe('RateLimitError');
  });
});
