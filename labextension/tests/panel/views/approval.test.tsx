// @vitest-environment jsdom
import { act, fireEvent, screen, within } from '@testing-library/preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { deferred } from '../../../src/panel/live/fetches';
import { type EditorOptions, page } from '../../../src/panel/page';
import type { AnyEvent } from '../../../src/panel/protocol';
import { plainEditor } from '../../../src/panel/views/approval/plainEditor';
import { mount as draw } from './mount';
import { executed, proposed, replied, started, Story, waiting } from './source';

const AT = { run: 'root', step: 1, block: 1 };

const box = () => screen.getByRole('group', { name: 'Approval of step 1' });
const button = (name: string) => within(box()).getByRole('button', { name });
const enabled = () =>
  within(box())
    .getAllByRole<HTMLButtonElement>('button')
    .flatMap(each => (each.disabled ? [] : each.textContent));
const submit = () => fireEvent.keyDown(box(), { key: 'Enter', ctrlKey: true });
const editor = () =>
  screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Code' });
const write = (text: string) =>
  fireEvent.input(editor(), { target: { value: text } });

/** Draws a panel, and waits until what it asks can be approved. */
const mount = (...of: Parameters<typeof draw>) => {
  const element = draw(...of);
  pass(400);
  return element;
};
const pass = (milliseconds: number) => {
  void act(() => {
    vi.advanceTimersByTime(milliseconds);
  });
};
/** What was fetched has come, or failed to. */
const settle = () =>
  act(
    () =>
      new Promise<void>(resolve => {
        setImmediate(resolve);
      })
  );
const cut = { start: 'x', end: '1', chars: 60 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  return () => {
    vi.useRealTimers();
  };
});

describe('a block that waits for approval', () => {
  it('offers what can be decided, by these names', () => {
    mount(waiting());

    expect(
      within(box())
        .getAllByRole('button')
        .map(each => each.textContent)
    ).toEqual(['Approve', 'Approve all code in this run', 'Reject', 'Stop']);
    expect(screen.getByRole('textbox', { name: 'Note' })).toBeTruthy();
    expect(box().textContent).toContain('not a sandbox');
  });

  it('shows the review with names as code', () => {
    mount(waiting('print(df)', ['reads `df`', 'network']));

    const review = screen.getByRole('list', { name: 'Review' });
    expect(
      within(review)
        .getAllByRole('listitem')
        .map(each => each.textContent)
    ).toEqual(['reads only', 'reads df', 'network']);
    expect(within(review).getByText('df').tagName).toBe('CODE');
  });

  it('is approved, approved for the rest of the run, rejected with a note, or ends the run', () => {
    const story = waiting();
    mount(story);

    fireEvent.click(button('Approve'));
    fireEvent.click(button('Approve all code in this run'));
    fireEvent.input(screen.getByRole('textbox', { name: 'Note' }), {
      target: { value: ' too slow ' }
    });
    fireEvent.click(button('Reject'));
    fireEvent.click(button('Stop'));

    expect(story.decide.mock.calls.map(([decision]) => decision)).toEqual([
      { ...AT, decision: 'approve' },
      { ...AT, decision: 'approve', rest: true },
      { ...AT, decision: 'reject', note: 'too slow' },
      { ...AT, decision: 'stop' }
    ]);
  });

  it('is approved as edited once the text differs, and only then', () => {
    const story = waiting('print(1)');
    mount(story);

    write('print(2)');
    expect(within(box()).queryByRole('button', { name: 'Approve' })).toBeNull();
    fireEvent.click(button('Approve edited'));
    write('print(1)');

    expect(story.decide).toHaveBeenCalledExactlyOnceWith({
      ...AT,
      decision: 'edit',
      code: 'print(2)'
    });
    expect(button('Approve')).toBeTruthy();
  });

  it('does not approve what was edited away along with the rest of the run', () => {
    mount(waiting());

    write('print(2)');

    expect(button('Approve all code in this run')).toHaveProperty(
      'disabled',
      true
    );
  });

  it('goes back to what the model wrote', () => {
    mount(waiting('print(1)'));

    write('print(2)');
    fireEvent.click(button('Undo edits'));

    expect(editor().value).toBe('print(1)');
    expect(button('Approve')).toBeTruthy();
  });

  it('takes the line ends of an editor for no edit', () => {
    mount(waiting('a = 1\r\nb = 2'));

    write('a = 1\nb = 2');

    expect(button('Approve')).toBeTruthy();
  });

  it('says that a decision is on its way until the kernel has confirmed it', () => {
    const story = waiting();
    mount(story);

    void act(() => {
      story.controls = story.withControls({
        sending: [{ ...AT, decision: 'approve' }]
      });
      story.changed();
    });
    fireEvent.keyDown(box(), { key: 'Enter', ctrlKey: true });

    expect(box().textContent).toContain('Sending…');
    expect(box().querySelector('fieldset')?.disabled).toBe(true);
    expect(story.decide).not.toHaveBeenCalled();
  });

  it('gives way to what came of it', () => {
    const story = waiting();
    mount(story);

    void act(() => {
      story.tell({
        type: 'code_decided',
        step: 1,
        block: 1,
        decision: 'approve'
      });
    });

    expect(screen.queryByRole('group')).toBeNull();
    expect(screen.getByText('Approved')).toBeTruthy();
  });

  it('says that all further code was approved with it', () => {
    const { textContent } = mount(
      waiting().tell({
        type: 'code_decided',
        step: 1,
        block: 1,
        decision: 'approve',
        rest: true
      })
    );

    expect(textContent).toContain('Approved, with all further code');
  });

  it('warns of characters that cannot be seen, and shows them', () => {
    mount(waiting('x = 1\nadmin = "\u202e"'));

    expect(within(box()).getByText('hidden characters')).toBeTruthy();
    expect(box().textContent).toContain('2  admin = "⟨202E⟩"');
  });

  it('shows them wherever they are in a line', () => {
    mount(waiting(`${'x'.repeat(1000)}\u202e${'y'.repeat(1000)}`));

    expect(box().textContent).toContain('x⟨202E⟩y');
  });

  it('cannot be approved before its whole code is there', async () => {
    const story = new Story(true);
    const whole = 'x = 1\n'.repeat(10) + '\u202e';
    const { promise, resolve } = deferred<AnyEvent>();
    story.fetch = vi.fn(() => promise);
    story.tell(started(), replied(1, 'Now.'), proposed(1, '', { code: cut }));
    mount(story);
    submit();

    expect(enabled()).toEqual(['Reject', 'Stop']);
    expect(story.decide).not.toHaveBeenCalled();

    resolve({ ...proposed(1, whole), seq: 3, run: 'root' });
    await settle();
    submit();

    expect(editor().value).toBe(whole);
    expect(within(box()).getByText('hidden characters')).toBeTruthy();
    expect(story.fetch).toHaveBeenCalledExactlyOnceWith(3);
    expect(story.decide).toHaveBeenCalledOnce();
  });

  it('cannot be approved where its whole code cannot be had', () => {
    const story = new Story(true).tell(
      started(),
      proposed(1, '', { code: cut })
    );
    mount(story);
    submit();
    fireEvent.click(button('Reject'));

    expect(enabled()).toEqual(['Reject', 'Stop']);
    expect(story.decide).toHaveBeenCalledExactlyOnceWith({
      ...AT,
      decision: 'reject',
      note: ''
    });
  });

  it('asks for the whole code again only when told to', async () => {
    const story = new Story(true);
    story.fetch = vi.fn(() => Promise.reject(new Error('gone')));
    story.tell(started(), proposed(1, '', { code: cut }));
    mount(story);
    await settle();

    expect(enabled()).toEqual(['Try again', 'Reject', 'Stop']);
    fireEvent.click(button('Try again'));
    await settle();

    expect(story.fetch).toHaveBeenCalledTimes(2);
    expect(button('Try again')).toBeTruthy();
  });

  it('cannot be approved at the moment when it appears', () => {
    const story = waiting();
    draw(story);
    submit();
    pass(399);
    submit();

    expect(enabled()).toEqual(['Reject', 'Stop']);
    expect(story.decide).not.toHaveBeenCalled();

    pass(1);
    submit();

    expect(enabled()).toContain('Approve');
    expect(story.decide).toHaveBeenCalledOnce();
  });

  it('is new once, however often its step is folded', () => {
    draw(waiting());
    const head = screen.getByRole('button', { name: /Step 1/ });
    pass(300);
    fireEvent.click(head);
    fireEvent.click(head);
    pass(100);

    expect(enabled()).toContain('Approve');
  });

  it('has neither the draft nor the time of the block before', () => {
    const story = waiting('print(1)');
    mount(story);
    write('print(2)');

    void act(() => {
      story.tell(
        { type: 'code_decided', step: 1, block: 1, decision: 'approve' },
        replied(1, 'Again.'),
        proposed(1, 'print(3)', { block: 2 })
      );
    });

    expect(editor().value).toBe('print(3)');
    expect(enabled()).toEqual(['Reject', 'Stop']);
  });
});

describe('the keyboard', () => {
  it.each(['ctrlKey', 'metaKey'])(
    'approves with %s and Enter, in the editor and in the box',
    key => {
      const story = waiting();
      mount(story);

      fireEvent.keyDown(editor(), { key: 'Enter', [key]: true });
      fireEvent.keyDown(box(), { key: 'Enter', [key]: true });

      expect(story.decide).toHaveBeenCalledTimes(2);
      expect(story.decide).toHaveBeenCalledWith({ ...AT, decision: 'approve' });
    }
  );

  it('approves nothing while the keys are held down', () => {
    const story = waiting();
    mount(story);

    fireEvent.keyDown(box(), { key: 'Enter', ctrlKey: true, repeat: true });

    expect(story.decide).not.toHaveBeenCalled();
  });

  it('indents with Tab; Esc leaves the editor, and Tab then goes on to the buttons', () => {
    mount(waiting('print(1)'));
    editor().focus();
    editor().setSelectionRange(0, 0);

    fireEvent.keyDown(editor(), { key: 'Tab' });
    expect(editor().value).toBe('    print(1)');
    fireEvent.keyDown(editor(), { key: 'Escape' });
    expect(document.activeElement).toBe(box());
    fireEvent.keyDown(box(), { key: 'Tab' });
    expect(document.activeElement).toBe(button('Approve edited'));
  });

  it('rejects with Enter in the note', () => {
    const story = waiting();
    mount(story);
    const note = screen.getByRole('textbox', { name: 'Note' });

    fireEvent.input(note, { target: { value: 'no' } });
    fireEvent.keyDown(note, { key: 'Enter' });

    expect(story.decide).toHaveBeenCalledExactlyOnceWith({
      ...AT,
      decision: 'reject',
      note: 'no'
    });
  });

  it('writes into the panel without working on the notebook around it', () => {
    const heard = vi.fn();
    document.addEventListener('keydown', heard);
    mount(waiting());
    const marked = (element: Element) =>
      element.hasAttribute('data-lm-suppress-shortcuts');

    fireEvent.keyDown(editor(), { key: 'd' });
    expect(heard).not.toHaveBeenCalled();
    expect(marked(editor())).toBe(true);
    fireEvent.keyDown(box(), { key: 's', ctrlKey: true });
    expect(marked(box())).toBe(false);
    fireEvent.keyDown(box(), { key: 'd' });
    expect(marked(box())).toBe(true);
    fireEvent.keyDown(box(), { key: 'r', altKey: true });
    fireEvent.keyDown(box(), { key: 'a' });
    expect(marked(box())).toBe(false);
    fireEvent.keyDown(box(), { key: 'd' });
    expect(marked(box())).toBe(true);
    document.removeEventListener('keydown', heard);
  });
});

describe('the focus', () => {
  it('goes to the box when it appears', () => {
    mount(waiting());

    expect(document.activeElement).toBe(box());
  });

  it('goes there from a cell that is selected', () => {
    const notebook = document.createElement('div');
    notebook.className = 'jp-Notebook';
    notebook.tabIndex = -1;
    document.body.append(notebook);
    notebook.focus();

    mount(waiting(), notebook);

    expect(document.activeElement).toBe(box());
  });

  it('stays with somebody who writes elsewhere', () => {
    const notebook = document.createElement('div');
    notebook.className = 'jp-Notebook';
    const cell = document.createElement('div');
    cell.setAttribute('contenteditable', 'true');
    cell.tabIndex = 0;
    notebook.append(cell);
    document.body.append(notebook);
    cell.focus();

    mount(waiting(), notebook);

    expect(document.activeElement).toBe(cell);
  });

  it('goes back to the step when the question is gone', () => {
    const story = waiting();
    mount(story);

    void act(() => {
      story.tell({
        type: 'code_decided',
        step: 1,
        block: 1,
        decision: 'approve'
      });
    });

    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true');
  });
});

describe('the editor of the page', () => {
  const host = (created: EditorOptions[] = []) => ({
    createEditor(options: EditorOptions) {
      created.push(options);
      return plainEditor({ ...options, label: 'Better code' });
    },
    interrupt: vi.fn()
  });

  it('takes over what has been written when it comes later', () => {
    const story = waiting('print(1)');
    mount(story);
    write('print(2)');
    const created: EditorOptions[] = [];

    void act(() => {
      page().host = host(created);
    });

    expect(created.map(({ text }) => text)).toEqual(['print(2)']);
    expect(screen.queryByRole('textbox', { name: 'Code' })).toBeNull();
    expect(button('Approve edited')).toBeTruthy();
  });

  it('is replaced by the plain one where it fails', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    page().host = {
      createEditor() {
        throw new Error('no editor');
      },
      interrupt: vi.fn()
    };

    mount(waiting('print(1)'));

    expect(editor().value).toBe('print(1)');
  });

  it('keeps an edit while other things arrive, and while its step is folded', () => {
    const story = waiting('print(1)');
    mount(story);
    write('print(2)');

    void act(() => {
      story.tell({ type: 'notice', text: 'The model was slow.' });
    });
    const head = screen.getByRole('button', { name: /Step 1/ });
    fireEvent.click(head);
    expect(screen.queryByRole('group')).toBeNull();
    fireEvent.click(head);

    expect(editor().value).toBe('print(2)');
    expect(button('Approve edited')).toBeTruthy();
  });
});

describe('several questions', () => {
  it('are counted in the header, which leads to each in turn', () => {
    const story = new Story(true).tell(
      started(),
      replied(1, 'Two children.'),
      proposed(1, 'go()', { asked: false }),
      ...['a', 'b'].flatMap(run => [
        started({ run, parent: 'root', parent_step: 1, depth: 1 }),
        replied(1, 'Words.', run),
        proposed(1, `print("${run}")`, { run })
      ])
    );
    mount(story);
    const next = screen.getByRole('button', { name: 'Next of 2 approvals' });
    const focused = () =>
      document.activeElement?.querySelector('textarea')?.value;

    fireEvent.click(next);
    expect(focused()).toBe('print("a")');
    fireEvent.click(next);
    expect(focused()).toBe('print("b")');
  });

  it('are reached in a step that is folded', () => {
    mount(waiting());
    fireEvent.click(screen.getByRole('button', { name: /Step 1/ }));

    fireEvent.click(screen.getByRole('button', { name: 'Go to approval' }));

    expect(document.activeElement).toBe(box());
  });
});

describe('a run that is only remembered', () => {
  it('says what was waiting, and asks nothing', () => {
    const story = waiting();
    story.controls = undefined;
    mount(story);

    expect(screen.getByText('Was waiting for approval')).toBeTruthy();
    expect(screen.queryByRole('group')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
  });

  it('shows what an edit made of the code, and what the model wrote', () => {
    const story = new Story().tell(
      started(),
      replied(1, '```repl\nprint(1)\n```'),
      proposed(1, 'print(1)'),
      {
        type: 'code_decided',
        step: 1,
        block: 1,
        decision: 'edit',
        code: 'print(2)'
      },
      executed(1, 'print(2)')
    );
    const { textContent } = mount(story);
    expect(textContent).toContain('Edited before it ran');
    expect(textContent).toContain('print(2)');
    expect(textContent).not.toContain('print(1)');

    fireEvent.click(
      screen.getByRole('button', { name: 'What the model wrote' })
    );

    expect(document.body.textContent).toContain('print(1)');
  });

  it('shows the note of a rejection', () => {
    const story = new Story().tell(
      started(),
      replied(1, '```repl\nprint(1)\n```'),
      proposed(1, 'print(1)'),
      {
        type: 'code_decided',
        step: 1,
        block: 1,
        decision: 'reject',
        note: 'Too slow.'
      }
    );

    expect(mount(story).textContent).toContain('Rejected: Too slow.');
  });
});

describe('calls that may cost much', () => {
  const QUESTION = 'Send 1,240 calls to openai/x? About 3.1M tokens, $0.84.';
  const SPEND = {
    type: 'spend_proposed',
    step: 1,
    spend: 1,
    calls: 1240,
    model: 'openai/x',
    tokens: 3_100_000,
    usd: 0.84
  } as const;
  const asking = (more: object = {}) =>
    new Story(true).tell(
      started(),
      replied(1, 'All of them.\n\n```repl\nask()\n```'),
      proposed(1, 'ask()', { asked: false }),
      { ...SPEND, ...more }
    );
  const question = (name = QUESTION) => screen.getByRole('group', { name });
  const press = (name: string) =>
    fireEvent.click(within(question()).getByRole('button', { name }));

  it('wait for a person, with the estimate, beneath the code that asks', () => {
    const story = asking();
    const { textContent } = mount(story);

    expect(document.activeElement).toBe(question());
    expect(question().textContent).toContain(QUESTION);
    expect(
      within(question())
        .getAllByRole('button')
        .map(each => each.textContent)
    ).toEqual(['Approve', 'Approve all calls in this run', 'Reject', 'Stop']);
    expect(textContent).toMatch(/ask\(\).*Send 1,240 calls/);
    expect(screen.getByRole('status').textContent).toBe('Waiting for approval');
  });

  it('say that their price is unknown', () => {
    mount(asking({ usd: null, calls: 1, tokens: 950 }));

    const name = 'Send 1 call to openai/x? About 950 tokens, price unknown.';
    expect(question(name)).toBeTruthy();
  });

  it('are approved, approved with the rest, rejected with a note, or end the run', () => {
    const story = asking();
    mount(story);

    press('Approve');
    press('Approve all calls in this run');
    fireEvent.input(screen.getByRole('textbox', { name: 'Note' }), {
      target: { value: 'too much' }
    });
    press('Reject');
    press('Stop');

    expect(story.decide.mock.calls.map(([decision]) => decision)).toEqual(
      [
        { decision: 'approve' },
        { decision: 'approve', rest: true },
        { decision: 'reject', note: 'too much' },
        { decision: 'stop' }
      ].map(decision => ({ ...AT, spend: 1, ...decision }))
    );
  });

  it('are approved with Ctrl and Enter, and not by a key meant for what was there before', () => {
    const story = asking();
    draw(story);
    const submitted = () =>
      fireEvent.keyDown(question(), { key: 'Enter', ctrlKey: true });

    submitted();
    pass(399);
    submitted();
    expect(story.decide).not.toHaveBeenCalled();

    pass(1);
    submitted();
    expect(story.decide).toHaveBeenCalledExactlyOnceWith({
      ...AT,
      spend: 1,
      decision: 'approve'
    });
  });

  it('are another question each time, of one block too', () => {
    const story = asking();
    mount(story);
    void act(() => {
      story.tell(
        { type: 'spend_decided', step: 1, spend: 1, decision: 'approve' },
        { ...SPEND, spend: 2, calls: 9 }
      );
    });

    const second = question(
      'Send 9 calls to openai/x? About 3.1M tokens, $0.84.'
    );
    expect(within(second).getByText('Approve')).toHaveProperty(
      'disabled',
      true
    );
    expect(document.body.textContent).toContain(
      '1,240 calls to openai/x, about 3.1M tokens, $0.84Approved'
    );
  });

  it('stay told when they were declined', () => {
    const story = asking().tell({
      type: 'spend_decided',
      step: 1,
      spend: 1,
      decision: 'reject',
      note: 'The sample is enough.'
    });
    mount(story);

    expect(screen.queryByRole('group')).toBeNull();
    expect(document.body.textContent).toContain(
      'Rejected: The sample is enough.'
    );
  });

  it('say that they were waiting where the run is only remembered', () => {
    const story = asking();
    story.controls = undefined;
    mount(story);

    expect(screen.getByText('Was waiting for approval')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
  });
});
