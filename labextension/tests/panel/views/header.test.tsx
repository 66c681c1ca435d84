// @vitest-environment jsdom
import { act, fireEvent, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { mount } from './mount';
import { finished, proposed, replied, started, Story } from './source';

const figure = (name: string) =>
  screen.getByText(name, { selector: 'dt' }).nextElementSibling?.textContent;
const retried = {
  type: 'call_retried',
  time: 100,
  step: 1,
  error: '429',
  fault: 'rate_limit',
  wait: 12
} as const;
const status = () => screen.getByRole('status').textContent;

afterEach(() => {
  vi.useRealTimers();
});

describe('the header', () => {
  it('says what is asked, of which models, about which variables', () => {
    const { textContent } = mount(
      new Story().tell(started({ context: ['tickets', 'df'] }))
    );

    const heading = screen.getByRole('heading', { name: 'How many?' });
    expect(heading.title).toBe('How many?');
    expect(textContent).toContain('big, sub-calls small on tickets, df');
  });

  it('counts steps, tokens and cost', () => {
    mount(new Story().tell(started(), replied(1, 'One.'), replied(2, 'Two.')));

    expect(figure('Steps')).toBe('2');
    expect(figure('Tokens')).toBe('1.8k in, 200 out');
    expect(figure('Cost')).toBe('$0.0200');
  });

  it('counts sub-calls by what became of them', () => {
    const call = {
      type: 'sub_call_started',
      step: 1,
      model: 'small',
      prompt: ''
    } as const;
    const end = { type: 'sub_call_finished', step: 1, seconds: 1 } as const;
    mount(
      new Story().tell(
        started(),
        replied(1, 'Now.'),
        { ...call, call: 1 },
        { ...call, call: 2 },
        { ...call, call: 3 },
        { ...end, call: 1, reply: 'yes', cached: true },
        { ...end, call: 2, error: 'no' }
      )
    );

    expect(figure('Sub-calls')).toBe('1 done, 1 running, 1 failed');
    expect(figure('From the store')).toBe('1');
    expect(screen.queryByText('Retries')).toBeNull();
  });

  it('measures what is used against each bound that is set', () => {
    mount(
      new Story().tell(
        started({ budget: { usd: 0.04, tokens: 2000, calls: 4, seconds: 10 } }),
        replied(1, 'One.'),
        finished({ time: 98.5 })
      )
    );

    expect(figure('Cost')).toBe('$0.0100 of $0.04');
    expect(figure('Tokens')).toBe('1k of 2k');
    expect(figure('Calls')).toBe('1 of 4');
    expect(figure('Time')).toBe('8.5 s of 10.0 s');
    const shares = screen
      .getAllByRole('meter')
      .map(each => each.getAttribute('aria-valuetext'));
    expect(shares).toEqual(['85 %', '25 %', '50 %', '25 %']);
  });

  it('says that a price is unknown, and never that it is zero', () => {
    const story = new Story().tell(started({ budget: { usd: 1 } }));
    mount(story);
    expect(figure('Cost')).toBe('– of $1.00');

    void act(() => {
      story.tell({ ...replied(1, 'One.'), usd: null });
    });

    expect(figure('Cost')).toBe('unknown of $1.00');
  });

  it('tells retries, cached tokens, and what may have been charged beside the rest', () => {
    mount(
      new Story().tell(started(), {
        ...replied(1, 'One.'),
        tokens: { input: 900, output: 100, cached: 800 },
        retries: 2,
        abandoned: { requests: 1, tokens: 900, usd: 0.02 }
      })
    );

    expect(figure('Retries')).toBe('2');
    expect(figure('Tokens')).toBe('900 in (800 cached), 100 out');
    expect(figure('Cost')).toBe('$0.0100 to $0.0300');
  });

  it('has a price of zero for a run that the store has answered', () => {
    mount(new Story().tell(started(), { ...replied(1, 'One.'), cached: true }));

    expect(figure('Cost')).toBe('$0');
    expect(figure('Tokens')).toBe('0 in, 0 out');
    expect(figure('From the store')).toBe('1');
  });

  it('says calmly that the run waits for the provider, and until when', () => {
    vi.useFakeTimers();
    const story = new Story(true).tell(
      started(),
      { type: 'root_requested', step: 1, added: [] },
      { ...retried, call: null }
    );
    const { textContent } = mount(story);
    expect(status()).toBe('Waiting for the provider');
    expect(screen.getByRole('status').dataset.tone).toBe('ended');
    expect(textContent).toContain('rate limit: next try in 12 s');

    story.clock = 103;
    void act(() => {
      vi.advanceTimersByTime(1000);
    });
    expect(document.body.textContent).toContain('next try in 9 s');
    expect(status()).not.toContain('9 s');

    void act(() => {
      story.tell(replied(1, 'One.'));
    });
    expect(document.body.textContent).not.toContain('next try');
  });

  it('counts the calls that wait while others go on', () => {
    const call = { type: 'sub_call_started', step: 1, model: 'm' } as const;
    mount(
      new Story(true).tell(
        started(),
        replied(1, 'Now.'),
        proposed(1, 'f()', { asked: false }),
        ...[1, 2, 3].map(it => ({ ...call, call: it, prompt: 'p' })),
        { ...retried, call: 1 },
        { ...retried, call: 2, fault: 'server' as const, wait: 2 }
      )
    );

    expect(status()).toBe('Sub-calls are running');
    expect(document.body.textContent).toContain(
      'rate limit: 2 calls wait up to 12 s'
    );
  });

  it('counts the seconds of a run that lives by the clock of the kernel', () => {
    vi.useFakeTimers();
    const story = new Story(true).tell(started({ time: 90 }));
    mount(story);
    expect(figure('Time')).toBe('0:10');

    story.clock = 175;
    void act(() => {
      vi.advanceTimersByTime(1000);
    });

    expect(figure('Time')).toBe('1:25');
  });

  it('passes on what the person should know', () => {
    const { textContent } = mount(
      new Story().tell(started(), { type: 'notice', text: 'It was slow.' })
    );

    expect(textContent).toContain('It was slow.');
  });
});

describe('the status', () => {
  it('follows what the run does', () => {
    const story = new Story(true).tell(started());
    mount(story);
    const said = [status()];
    const then = (...events: Parameters<Story['tell']>) => {
      void act(() => {
        story.tell(...events);
      });
      said.push(status());
    };

    then({ type: 'root_requested', step: 1, added: [] });
    then(replied(1, 'Now.'), proposed(1, 'f()'));
    then({ type: 'code_decided', step: 1, block: 1, decision: 'approve' });
    then(finished());

    expect(said).toEqual([
      'Starting',
      'Root model is writing',
      'Waiting for approval',
      'Code is running',
      'Answered'
    ]);
  });

  it('of a trace that breaks off is that it is unfinished', () => {
    mount(new Story().tell(started()));

    expect(status()).toBe('Unfinished');
  });
});

describe('Stop', () => {
  it('ends the run, and says that it is on its way', () => {
    const story = new Story(true).tell(started());
    mount(story);

    fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(story.stop).toHaveBeenCalledOnce();
    void act(() => {
      story.controls = story.withControls({ stopping: true });
      story.changed();
    });

    expect(screen.getByRole('button', { name: 'Stopping…' })).toHaveProperty(
      'disabled',
      true
    );
  });

  it('is not offered where nothing can be stopped', () => {
    mount(new Story().tell(started()));

    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
  });
});
