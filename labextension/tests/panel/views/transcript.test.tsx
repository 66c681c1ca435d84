// @vitest-environment jsdom
import { act, fireEvent, screen, within } from '@testing-library/preact';
import { describe, expect, it, vi } from 'vitest';

import { stepKey } from '../../../src/panel/store';
import { Foldable } from '../../../src/panel/views/Foldable';
import { mount } from './mount';
import {
  executed,
  finished,
  proposed,
  replied,
  started,
  Story
} from './source';

// What is drawn can be counted.
vi.mock(import('../../../src/panel/views/Foldable'), async load => {
  const { Foldable } = await load();
  return { Foldable: vi.fn(Foldable) };
});

const head = (step: number) =>
  screen.getByRole('button', { name: new RegExp(`^Step ${String(step)},`) });
const isOpen = (step: number) => head(step).getAttribute('aria-expanded');
const ran = (step: number, code: string, more = {}) => [
  replied(step, `Words ${String(step)}.\n\n\`\`\`repl\n${code}\n\`\`\``),
  proposed(step, code, { asked: false }),
  executed(step, code, more)
];

describe('a step', () => {
  it('shows words, code, output and names', () => {
    const { textContent } = mount(
      new Story().tell(
        started(),
        ...ran(1, 'n = 1', {
          output: 'done',
          output_chars: 4,
          bound: ['n', 'm'],
          deleted: ['old']
        })
      )
    );

    for (const shown of [
      'Words 1.',
      'n = 1',
      'done',
      'Bound n, m',
      'Deleted old'
    ]) {
      expect(textContent).toContain(shown);
    }
    expect(textContent).not.toContain('```');
  });

  it('says that its reply came from the store, was cut off, or was asked for again', () => {
    mount(
      new Story().tell(
        started(),
        { ...replied(1, 'One.'), cached: true },
        { ...replied(2, 'Two.'), cut_off: true, retries: 1 }
      )
    );

    expect(head(1).textContent).toContain('from the store');
    expect(head(1).textContent).not.toContain('tokens');
    expect(head(2).textContent).toContain('1 retry');
    expect(head(2).textContent).toContain('cut off');
    expect(head(2).textContent).not.toContain('store');
  });

  it('says why there is no reply, and waits for none', () => {
    const story = new Story(true).tell(started(), {
      type: 'root_requested',
      step: 1,
      added: []
    });
    const element = mount(story);
    expect(element.querySelector('.rlm-writing')).toBeTruthy();

    void act(() => {
      story.tell({
        type: 'root_failed',
        step: 1,
        error: 'The key is refused.',
        fault: 'bad_key',
        seconds: 1
      });
    });

    expect(element.textContent).toContain('No reply: bad key');
    expect(element.querySelector('.rlm-writing')).toBeNull();
  });

  it('is labelled with the strategies that the kernel saw, and with no other', () => {
    mount(
      new Story().tell(
        started(),
        ...ran(1, 're.findall(a, b)'),
        ...ran(2, 'f()', { strategies: ['grep', 'partition_and_map'] })
      )
    );

    expect(within(head(1)).queryByText('Grep')).toBeNull();
    expect(within(head(2)).getByText('Grep')).toBeTruthy();
    expect(within(head(2)).getByText('Partition and map')).toBeTruthy();
  });

  it('shows an error where the output does not end with it', () => {
    const error = 'ValueError: no';
    const story = new Story().tell(
      started(),
      ...ran(1, 'f()', { output: `Traceback\n${error}\n`, error })
    );
    expect(mount(story).textContent.split(error)).toHaveLength(2);

    const other = new Story().tell(started(), ...ran(1, 'f()', { error }));
    expect(mount(other).textContent).toContain(error);
  });

  it('fetches the whole of a long output when it is asked to', async () => {
    const story = new Story().tell(
      started(),
      ...ran(1, 'f()', {
        output: { start: 'head', end: 'tail', chars: 12345 },
        output_chars: 12345
      })
    );
    const [, , event] = ran(1, 'f()', { output: 'the whole', output_chars: 9 });
    story.fetch = vi.fn(() => Promise.resolve({ ...event, seq: 4 } as never));
    const element = mount(story);
    expect(element.textContent).toContain('head… 12,345 characters in all');

    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));

    expect(await screen.findByText('the whole')).toBeTruthy();
    expect(story.fetch).toHaveBeenCalledExactlyOnceWith(4);
  });

  it('offers to try again when the whole could not be fetched', async () => {
    const story = new Story().tell(
      started(),
      ...ran(1, 'f()', { output: { start: 'head', chars: 9999 } })
    );
    story.fetch = () => Promise.reject(new Error('gone'));
    mount(story);

    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));

    expect(
      await screen.findByRole('button', { name: 'Try again' })
    ).toBeTruthy();
  });

  it('leaves the code where it was when its reply is complete', () => {
    const story = new Story(true).tell(
      started(),
      { type: 'root_requested', step: 1, added: [] },
      {
        type: 'root_streamed',
        step: 1,
        start: 0,
        text: 'Words.\n\n```repl\nn = 1'
      }
    );
    const element = mount(story);
    const shown = () =>
      [...element.querySelectorAll('ol .rlm-markdown, ol pre')].map(each =>
        each.textContent.trim()
      );
    expect(shown()).toEqual(['Words.', 'n = 1']);

    void act(() => {
      story.tell(
        replied(1, 'Words.\n\n```repl\nn = 1\n```\n\nThat is all.'),
        proposed(1, 'n = 1', { asked: false })
      );
    });

    expect(shown()).toEqual(['Words.', 'n = 1', 'That is all.']);
  });

  it('shows no fence that is only half written as code or as words', () => {
    const story = new Story(true).tell(started(), {
      type: 'root_requested',
      step: 1,
      added: []
    });
    const element = mount(story);
    const shown = (text: string) => {
      const start = typeof story.reply === 'string' ? story.reply.length : 0;
      void act(() => {
        story.tell({ type: 'root_streamed', step: 1, start, text });
      });
      return [...element.querySelectorAll('ol .rlm-markdown, ol pre')].map(
        each => each.textContent.trim()
      );
    };

    expect(shown('Words.\n``')).toEqual(['Words.']);
    expect(shown('`re')).toEqual(['Words.']);
    expect(shown('pl\nn = 1\n``')).toEqual(['Words.', 'n = 1']);
    expect(shown('`\nMore.')).toEqual(['Words.', 'n = 1', 'More.']);
  });

  it('keeps a fence that is no code among the words', () => {
    const element = mount(
      new Story().tell(started(), replied(1, 'So:\n\n```json\n{"a": 1}\n```'))
    );

    expect(element.querySelector('.rlm-markdown pre')?.textContent).toContain(
      '{"a": 1}'
    );
  });
});

describe('the steps of a run', () => {
  it('are folded but for the last, and each says in a line what it is', () => {
    mount(
      new Story().tell(
        started(),
        ...ran(1, 'a()'),
        ...ran(2, 'b()'),
        finished()
      )
    );

    expect([isOpen(1), isOpen(2)]).toEqual(['false', 'true']);
    expect(head(1).textContent).toContain('Words 1.');
  });

  it('stay open while others follow, and stay as a person left them', () => {
    const story = new Story(true).tell(started(), ...ran(1, 'a()'));
    mount(story);

    void act(() => {
      story.tell(...ran(2, 'b()'));
    });
    expect([isOpen(1), isOpen(2)]).toEqual(['true', 'true']);
    fireEvent.click(head(2));
    void act(() => {
      story.tell(...ran(3, 'c()'));
    });

    expect([isOpen(1), isOpen(2), isOpen(3)]).toEqual([
      'true',
      'false',
      'true'
    ]);
  });

  it('are left alone when another one changes', () => {
    const story = new Story(true).tell(
      started(),
      ...ran(1, 'a()'),
      ...ran(2, 'b()')
    );
    mount(story);
    const draw = vi.mocked(Foldable).mockClear();

    void act(() => {
      story.tell({
        type: 'sub_call_started',
        step: 2,
        call: 1,
        model: 'small',
        prompt: 'p'
      });
    });

    expect(draw.mock.calls.map(([{ name }]) => name)).toEqual([
      stepKey('root', 2)
    ]);
  });
});

describe('child runs', () => {
  const family = () =>
    new Story(true).tell(
      started(),
      replied(1, 'A child.'),
      proposed(1, 'rlm_query("?")', { asked: false }),
      started({
        run: 'child',
        parent: 'root',
        parent_step: 1,
        depth: 1,
        question: 'In part?'
      }),
      replied(1, 'Mine.', 'child')
    );

  it('are one line in their step, until they are opened', () => {
    const story = family();
    mount(story);
    const child = screen.getByRole('button', { name: /^In part\?/ });
    expect(child.textContent).toContain('1 step');
    expect(screen.queryByText('Mine.')).toBeNull();

    fireEvent.click(child);

    expect(screen.getByText('Mine.')).toBeTruthy();
  });

  it('open by themselves when they have a question', () => {
    const story = family();
    mount(story);

    void act(() => {
      story.tell(proposed(1, 'print(2)', { run: 'child' }));
    });

    expect(
      screen.getByRole('group', { name: 'Approval of step 1' })
    ).toBeTruthy();
  });

  it('are shown by the fifty, and those that ask whatever their number', () => {
    const ids = Array.from(
      { length: 60 },
      (_, place) => `child ${String(place)}`
    );
    const story = new Story(true).tell(
      started(),
      replied(1, 'Many.'),
      proposed(1, 'go()', { asked: false }),
      ...ids.map(run =>
        started({
          run,
          parent: 'root',
          parent_step: 1,
          depth: 1,
          question: run
        })
      )
    );
    mount(story);
    const lines = () =>
      screen.getAllByRole('button', { name: /^child/ }).length;
    expect(lines()).toBe(50);

    for (const run of ['child 55', 'child 57']) {
      void act(() => {
        story.tell(proposed(1, 'f()', { run }));
      });
    }
    expect(lines()).toBe(52);
    fireEvent.click(
      screen.getByRole('button', { name: 'Show more of 60 child runs' })
    );

    expect(lines()).toBe(60);
  });
});

describe('the answer', () => {
  const answered = (more: Parameters<typeof finished>[0]) =>
    mount(new Story().tell(started(), ...ran(1, 'a()'), finished(more)));

  it('is Markdown where it is text', () => {
    const element = answered({ answer: '**24** of 36', answer_type: 'str' });

    expect(element.querySelector('.rlm-answer strong')?.textContent).toBe('24');
  });

  it('is shown as it is, with its type and its variable, where it is not', () => {
    const element = answered({
      answer: '[**1**]',
      answer_type: 'list',
      answer_name: 'found'
    });

    const answer = screen.getByRole('region', { name: 'Answer' });
    expect(answer.querySelector('pre')?.textContent).toBe('[**1**]');
    expect(answer.textContent).toContain('foundlist');
    expect(element.querySelector('strong')).toBeNull();
  });

  it('is folded while it is long', () => {
    answered({ answer: 'line\n'.repeat(100), answer_type: 'str' });

    fireEvent.click(
      screen.getByRole('button', { name: 'Show all 500 characters' })
    );

    expect(screen.getByRole('button', { name: 'Show less' })).toBeTruthy();
  });

  it('gives way to why there is none', () => {
    const { textContent } = answered({
      status: 'over_budget',
      error: 'The budget of tokens is used up.'
    });

    expect(textContent).toContain('The budget of tokens is used up.');
    expect(screen.queryByRole('button', { name: 'Copy' })).toBeNull();
  });

  it('is not said to be copied where it was not', async () => {
    vi.stubGlobal('navigator', {});
    const execCommand = vi.fn(() => false);
    Object.assign(document, { execCommand });
    answered({ answer: '24', answer_type: 'str' });

    fireEvent.click(screen.getByRole('button', { name: 'Copy' }));
    await act(() => Promise.resolve());

    expect(execCommand).toHaveBeenCalledOnce();
    expect(screen.queryByRole('button', { name: 'Copied' })).toBeNull();
    vi.unstubAllGlobals();
  });

  it('is copied whole', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    answered({ answer: '**24**', answer_type: 'str' });

    fireEvent.click(screen.getByRole('button', { name: 'Copy' }));

    expect(await screen.findByRole('button', { name: 'Copied' })).toBeTruthy();
    expect(writeText).toHaveBeenCalledExactlyOnceWith('**24**');
    vi.unstubAllGlobals();
  });
});

describe('what the model was told', () => {
  it('is above the steps, as plain text, folded', () => {
    mount(
      new Story().tell(
        started({ description: '- `x`: **int**' }),
        ...ran(1, 'a()')
      )
    );
    const told = screen.getByRole('button', {
      name: 'What the model was told'
    });
    expect(screen.queryByText('- `x`: **int**')).toBeNull();

    fireEvent.click(told);

    expect(screen.getByText('- `x`: **int**')).toBeTruthy();
    expect(told.compareDocumentPosition(head(1))).toBe(4);
  });
});

describe('hostile text', () => {
  it('is text wherever it stands', () => {
    const bad = '<img src=x onerror=alert(1)><script>alert(1)</script>';
    const element = mount(
      new Story().tell(
        started({ question: bad, model: bad, context: [bad] }),
        replied(1, `${bad} [x](javascript:alert(1))`),
        proposed(1, bad, { chips: [bad], level: bad }),
        executed(1, bad, { output: bad, error: bad, bound: [bad] }),
        finished({
          answer: bad,
          answer_type: bad,
          answer_name: bad,
          error: bad
        })
      )
    );

    expect(element.querySelector('img, script, a')).toBeNull();
    expect(element.textContent).toContain(bad);
  });
});
