// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { liveRun } from '../../src/panel/live';
import { page } from '../../src/panel/page';
import type { AnyEvent, FromKernel } from '../../src/panel/protocol';
import { event, traceEvents } from './events';
import { FakeModel } from './model';

const asked = event(2, 'code_proposed', { block: 1, code: 'x', asked: true });
const begun = [event(1, 'run_started', { question: 'q' }), asked];
const approve = { run: 'a', step: 1, block: 1, decision: 'approve' } as const;
const ended = event(3, 'run_finished', { status: 'answered', answer: '1' });

let model: FakeModel;
let run: ReturnType<typeof liveRun>;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  run = liveRun(model);
});

afterEach(() => {
  run.end();
  page().host = null;
  vi.useRealTimers();
});

describe('a live run', () => {
  it('says hello until the first events come', () => {
    expect(model.sent).toEqual([{ kind: 'hello', have: 0 }]);
    vi.advanceTimersByTime(1000);
    expect(model.sent).toHaveLength(2);
    model.events(begun);
    vi.advanceTimersByTime(1500);
    expect(model.sent).toHaveLength(2);
  });

  it('says hello every four seconds for as long as nothing new comes', () => {
    model.events(begun);
    model.sent = [];
    vi.advanceTimersByTime(3000);
    model.events([event(3, 'observed')]);
    vi.advanceTimersByTime(3000);
    expect(model.sent).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(model.sent).toEqual(Array(2).fill({ kind: 'hello', have: 3 }));
  });

  it('says hello again behind a gap, and after what it has already', () => {
    model.events(begun);
    vi.advanceTimersByTime(1000);
    model.events([event(9, 'observed')], 8);
    model.events(begun);
    model.sent = [];
    vi.advanceTimersByTime(3000);
    expect(model.sent).toEqual([{ kind: 'hello', have: 2 }]);
  });

  it('leaves no timer when the last event has come', () => {
    model.events([...begun, ended]);
    vi.advanceTimersByTime(300);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shows the events that come, whatever line of them is broken', () => {
    const text = [JSON.stringify(begun[0]), '{"seq": 2', JSON.stringify(ended)];
    model.buffer(
      { kind: 'events', after: 0, last: 3, now: 0 },
      text.join('\n')
    );

    expect(run.source.tree.runs.get('a')).toMatchObject({
      question: 'q',
      answer: '1'
    });
  });

  it('takes an event once, however often it comes', () => {
    const events = traceEvents('batch');
    model.events(events.slice(0, 60));
    model.events(events.slice(0, 40));
    model.events(events.slice(50));
    expect(run.source.tree.totals.done).toBe(35);
  });

  it('asks once for what is missing, and takes nothing behind the gap', () => {
    model.events(begun);
    vi.advanceTimersByTime(1000);
    model.sent = [];
    model.events([event(9, 'observed')], 8);
    model.events([event(10, 'observed')], 9);

    expect(model.sent).toEqual([{ kind: 'hello', have: 2 }]);
    expect(run.source.tree.seq).toBe(2);
  });

  it('tells its listeners once a frame', () => {
    const listener = vi.fn();
    run.source.subscribe(listener);
    model.events(begun);
    model.events([event(3, 'observed')]);
    expect(listener).not.toHaveBeenCalled();
    vi.advanceTimersByTime(300);
    expect(listener).toHaveBeenCalledOnce();
  });

  it('tells them on a page in the background too, where no frame is drawn', () => {
    vi.spyOn(globalThis, 'requestAnimationFrame').mockReturnValue(1);
    const listener = vi.fn();
    run.source.subscribe(listener);
    model.events(begun);
    vi.advanceTimersByTime(300);
    expect(listener).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  it('sends a decision until it is confirmed, and the first one only', () => {
    model.events(begun);
    model.sent = [];
    run.source.controls?.decide(approve);
    run.source.controls?.decide({ ...approve, decision: 'reject' });
    expect(run.source.controls?.sending).toEqual([approve]);
    vi.advanceTimersByTime(2000);
    expect(model.sent).toEqual(Array(3).fill({ kind: 'decide', ...approve }));

    model.events([event(3, 'code_decided', { block: 1, decision: 'approve' })]);
    vi.advanceTimersByTime(3000);
    expect(model.sent).toHaveLength(3);
    expect(run.source.controls?.sending).toEqual([]);
  });

  it('sends what is decided about calls with their number', () => {
    const spend = event(3, 'spend_proposed', {
      spend: 7,
      calls: 9,
      model: 'm'
    });
    model.events([...begun, spend]);
    model.sent = [];
    const [, question] = run.source.tree.questions;
    run.source.controls?.decide({ ...approve, ...question });
    run.source.controls?.decide(approve);
    expect(model.sent).toEqual([
      { kind: 'decide', ...approve, spend: 7 },
      { kind: 'decide', ...approve }
    ]);

    model.events([
      event(4, 'spend_decided', { spend: 7, decision: 'approve' })
    ]);
    expect(run.source.controls?.sending).toEqual([approve]);
  });

  it('stops, and interrupts the kernel once if that is not heard', () => {
    const interrupt = vi.fn();
    page().host = { interrupt, createEditor: vi.fn() };
    model.events(begun);
    model.sent = [];
    run.source.controls?.stop();
    run.source.controls?.stop();
    expect(run.source.controls?.stopping).toBe(true);
    expect(interrupt).not.toHaveBeenCalled();
    vi.advanceTimersByTime(3000);

    expect(model.sent).toEqual(Array(4).fill({ kind: 'stop' }));
    expect(interrupt).toHaveBeenCalledExactlyOnceWith(run);
  });

  it('interrupts nothing when the stop is heard in time', () => {
    const interrupt = vi.fn();
    page().host = { interrupt, createEditor: vi.fn() };
    model.events(begun);
    run.source.controls?.stop();
    model.events([ended]);
    model.sent = [];
    vi.advanceTimersByTime(5000);

    expect(interrupt).not.toHaveBeenCalled();
    expect(model.sent).toEqual([]);
    expect(run.source.controls).toBeUndefined();
  });

  it('fetches a text once for all who ask', async () => {
    model.events(begun);
    const first = run.source.fetch?.(2);
    expect(run.source.fetch?.(2)).toBe(first);
    expect(model.sent.filter(({ kind }) => kind === 'fetch')).toHaveLength(1);
    model.buffer({ kind: 'fetched', seq: 2 }, JSON.stringify(asked));
    await expect(first).resolves.toEqual(asked);
  });

  it('asks three times for a text, then gives up with a reason', async () => {
    const failed = expect(run.source.fetch?.(2)).rejects.toThrow(
      'The kernel did not send the text'
    );
    await vi.advanceTimersByTimeAsync(9000);
    await failed;
    expect(model.sent.filter(({ kind }) => kind === 'fetch')).toHaveLength(3);
  });

  it('has the record at its end, and nothing to send any more', async () => {
    const lost = expect(run.source.fetch?.(1)).rejects.toThrow('has ended');
    const finished: FromKernel = {
      kind: 'finished',
      data: { 'text/plain': '1' },
      metadata: {}
    };
    model.message(finished);
    await lost;
    expect(await run.record).toMatchObject({ data: finished.data });
    expect(run.source.controls).toBeUndefined();
    expect(run.source.fetch).toBeUndefined();
    model.sent = [];
    vi.advanceTimersByTime(60_000);
    expect(model.sent).toEqual([]);
  });

  it('has the clock of the kernel', () => {
    const kernel = Date.now() / 1000 + 3600;
    const line = JSON.stringify(begun[0] satisfies AnyEvent | undefined);
    model.buffer({ kind: 'events', after: 0, last: 1, now: kernel }, line);
    vi.advanceTimersByTime(2000);
    expect(run.source.now()).toBeCloseTo(kernel + 2);
  });
});
