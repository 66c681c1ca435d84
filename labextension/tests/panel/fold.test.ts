import { describe, expect, it } from 'vitest';

import { emptyTree, fold } from '../../src/panel/fold';
import type { AnyEvent } from '../../src/panel/protocol';
import type { Run, Tree } from '../../src/panel/state';
import { event, traceEvents } from './events';

const TRACES = ['batch', 'children', 'interrupted', 'scale'];

function rootOf(tree: Tree): Run {
  const run = tree.runs.get(tree.root ?? '');
  if (!run) {
    throw new Error('no root run');
  }
  return run;
}

function inChunks(events: readonly AnyEvent[], sizes: () => number): Tree {
  let tree = emptyTree;
  for (let place = 0; place < events.length;) {
    const end = place + sizes();
    tree = fold(tree, events.slice(place, end));
    place = end;
  }
  return tree;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of value instanceof Map
      ? value.values()
      : Object.values(value)) {
      frozen(part);
    }
  }
  return value;
}

describe('the fold', () => {
  it.each(TRACES)('gives the same tree for %s however it is cut', name => {
    const events = traceEvents(name);
    const whole = fold(emptyTree, events);
    let random = 7;
    const next = () => (random = (random * 16807) % 2147483647) % 9;

    expect(inChunks(events, () => 1)).toEqual(whole);
    expect(inChunks(events, () => 3)).toEqual(whole);
    expect(inChunks(events, next)).toEqual(whole);
    expect(fold(whole, events)).toEqual(whole);
  });

  it.each(TRACES)('never writes to a tree of %s that it gave', name => {
    let tree = emptyTree;
    for (const event of traceEvents(name)) {
      tree = frozen(fold(tree, [event]));
    }
    expect(tree.seq).toBeGreaterThan(0);
  });

  it('counts what a run with a failed call used', () => {
    const events = traceEvents('batch');
    const { totals } = fold(emptyTree, events);
    const answered = events.filter(
      event =>
        event.type === 'root_replied' ||
        (event.type === 'sub_call_finished' && typeof event.reply === 'string')
    ) as { tokens: { input: number; output: number }; usd: number | null }[];

    expect(totals).toMatchObject({
      steps: 5,
      done: 35,
      failed: 1,
      running: 0,
      planned: 0,
      calls: answered.length
    });
    expect(totals.tokens.input).toBe(
      answered.reduce((sum, { tokens }) => sum + tokens.input, 0)
    );
    expect(totals.usd).toBeCloseTo(
      answered.reduce((sum, { usd }) => sum + (usd ?? 0), 0)
    );
  });

  it('shows an edit, a rejection with its note, and the answer', () => {
    const run = rootOf(fold(emptyTree, traceEvents('batch')));
    const decided = run.steps.map(step => step.blocks[0]?.decided?.decision);

    expect(decided).toEqual([
      'approve',
      'reject',
      'edit',
      'approve',
      'approve'
    ]);
    expect(run.steps[1]?.blocks[0]?.decided?.note).toContain('disk');
    expect(run.steps[2]?.blocks[0]?.executed?.code).toBe(
      run.steps[2]?.blocks[0]?.decided?.code
    );
    expect(run.steps[2]?.calls).toHaveLength(36);
    expect(run.status).toBe('answered');
    expect(run.answer).toContain('of 36');
  });

  it('hangs child runs on the step that asked for them', () => {
    const tree = fold(emptyTree, traceEvents('children'));
    const root = rootOf(tree);
    const children = root.steps[0]?.children ?? [];

    expect(children).toHaveLength(3);
    expect(tree.totals.children).toBe(3);
    for (const id of children) {
      expect(tree.runs.get(id)).toMatchObject({
        parent: root.id,
        parentStep: 1,
        status: 'answered'
      });
    }
  });

  it('says what a run is doing', () => {
    const events = traceEvents('children');
    const after = (type: AnyEvent['type']): string => {
      const place = events.findIndex(event => event.type === type);
      return rootOf(fold(emptyTree, events.slice(0, place + 1))).doing;
    };
    expect(after('run_started')).toBe('starting');
    expect(after('root_requested')).toBe('asking');
    expect(after('code_proposed')).toBe('executing');
    expect(after('sub_call_started')).toBe('calling');
  });

  it('joins a streamed reply until the whole of it comes', () => {
    const streamed = fold(emptyTree, [
      event(1, 'root_requested'),
      event(2, 'root_streamed', { text: 'Let me ' }),
      event(3, 'root_streamed', { text: { start: 'lo', end: 'ok', chars: 9 } }),
      event(4, 'root_streamed', { text: '!' })
    ]);
    expect(rootOf(streamed).steps[0]?.reply).toEqual({
      start: 'Let me lo',
      end: 'ok!',
      chars: 17
    });
    const replied = fold(streamed, [
      event(5, 'root_replied', { text: 'Let me look!', usd: null })
    ]);
    expect(rootOf(replied).steps[0]).toMatchObject({
      reply: 'Let me look!',
      replySeq: 5
    });
    expect(replied.totals.usd).toBeNull();
  });

  it('shows a piece of a reply once, however often it comes', () => {
    const pieces = [
      event(1, 'root_requested'),
      event(2, 'root_streamed', { start: 0, text: 'I 👀 ' }),
      event(3, 'root_streamed', { start: 4, text: 'at ' }),
      event(4, 'root_streamed', { start: 4, text: 'at it' })
    ];
    const replies = pieces.map(
      (_, place) =>
        rootOf(fold(emptyTree, pieces.slice(0, place + 1))).steps[0]?.reply
    );
    expect(replies).toEqual(['', 'I 👀 ', 'I 👀 at ', 'I 👀 at it']);
  });

  it('asks about a block until it is decided', () => {
    const asked = fold(emptyTree, [
      event(1, 'code_proposed', { block: 1, code: 'x', asked: true }),
      event(2, 'code_proposed', { block: 2, code: 'y', asked: false }),
      event(3, 'code_proposed', { run: 'b', block: 1, code: 'z', asked: true })
    ]);
    expect(asked.questions).toEqual([
      { run: 'a', step: 1, block: 1 },
      { run: 'b', step: 1, block: 1 }
    ]);
    expect(rootOf(asked).doing).toBe('executing');
    const decided = fold(asked, [
      event(4, 'code_decided', { block: 1, decision: 'approve' })
    ]);
    expect(decided.questions).toEqual([{ run: 'b', step: 1, block: 1 }]);
  });

  it('asks about calls until that is decided, beside the code that sends them', () => {
    const spend = { spend: 2, calls: 9, model: 'm', tokens: 900, usd: null };
    const asked = fold(emptyTree, [
      event(1, 'code_proposed', { block: 1, code: 'x', asked: true }),
      event(2, 'code_decided', { block: 1, decision: 'approve' }),
      event(3, 'spend_proposed', spend)
    ]);
    expect(asked.questions).toEqual([
      { run: 'a', step: 1, block: 1, spend: 2 }
    ]);
    expect(rootOf(asked).doing).toBe('deciding');
    expect(rootOf(asked).steps[0]?.spends).toEqual([
      { ...spend, block: 1, decided: null }
    ]);
    const decided = fold(asked, [
      event(4, 'spend_decided', { spend: 2, decision: 'reject', note: 'No.' })
    ]);
    expect(decided.questions).toEqual([]);
    expect(rootOf(decided).doing).toBe('executing');
    expect(rootOf(decided).steps[0]?.spends[0]?.decided?.note).toBe('No.');
  });

  it('knows which requests wait, until they have an end', () => {
    const retried = { fault: 'rate_limit', wait: 12, time: 100 };
    const waiting = fold(emptyTree, [
      event(1, 'root_requested'),
      event(2, 'call_retried', retried),
      event(3, 'sub_call_started', { call: 1, run: 'b', prompt: 'p' }),
      event(4, 'call_retried', { ...retried, call: 1, run: 'b', wait: 2 }),
      event(5, 'call_retried', {
        ...retried,
        call: 1,
        run: 'b',
        fault: 'reset'
      })
    ]);
    expect(waiting.waits).toEqual([
      { run: 'a', call: null, fault: 'rate_limit', until: 112 },
      { run: 'b', call: 1, fault: 'reset', until: 112 }
    ]);
    expect(waiting.runs.get('b')?.calls[0]).toMatchObject({
      retries: 2,
      faults: ['rate_limit', 'reset']
    });
    const ended = fold(waiting, [
      event(6, 'sub_call_finished', {
        call: 1,
        run: 'b',
        reply: 'r',
        retries: 2
      }),
      event(7, 'root_failed', { fault: 'bad_key', retries: 1 })
    ]);
    expect(ended.waits).toEqual([]);
    expect(ended.totals.retries).toBe(3);
    expect(rootOf(ended).steps[0]?.fault).toBe('bad_key');
    const cut = fold(waiting, [
      event(6, 'run_finished', { status: 'stopped' })
    ]);
    expect(cut.waits).toEqual([]);
  });

  it('counts neither tokens nor dollars of what the store has answered', () => {
    const cached = { cached: true, tokens: { input: 9, output: 9 }, usd: 0.5 };
    const { totals, runs } = fold(emptyTree, [
      event(1, 'root_replied', { ...cached, text: 'words' }),
      event(2, 'sub_call_started', { call: 1, prompt: 'p' }),
      event(3, 'sub_call_finished', { ...cached, call: 1, reply: 'r' })
    ]);
    expect(totals).toMatchObject({ cached: 2, calls: 0, done: 1, usd: 0 });
    expect(totals.tokens.input).toBe(0);
    expect(runs.get('a')?.steps[0]).toMatchObject({
      cached: true,
      tokens: null
    });
  });

  it('leaves nothing running, planned or asked when the run ends', () => {
    const tree = fold(emptyTree, [
      event(1, 'batch_started', { batch: 1, calls: 3 }),
      event(2, 'sub_call_started', { call: 1, batch: 1, prompt: 'p' }),
      event(3, 'code_proposed', { run: 'b', block: 1, code: 'z', asked: true })
    ]);
    expect(tree.totals).toMatchObject({ running: 1, planned: 2 });

    const ended = fold(tree, [event(4, 'run_finished', { status: 'stopped' })]);
    expect(ended.totals).toMatchObject({
      running: 0,
      planned: 0,
      cancelled: 1
    });
    expect(ended.questions).toEqual([]);
    expect(ended.runs.get('b')?.status).toBe('interrupted');
    expect(rootOf(ended).calls[0]?.status).toBe('cancelled');
  });

  it('does not know the price of a run with one answered call of no price', () => {
    const call = (seq: number, fields: object) => [
      event(seq, 'sub_call_started', { call: seq }),
      event(seq + 1, 'sub_call_finished', { call: seq, ...fields })
    ];
    const failed = fold(emptyTree, [
      ...call(1, { error: 'no' }),
      ...call(3, { cancelled: true }),
      ...call(5, { reply: '', usd: 0.5, retries: 2 }),
      ...call(7, { reply: '', usd: null, cached: true })
    ]);
    expect(failed.totals).toMatchObject({
      usd: 0.5,
      done: 2,
      failed: 1,
      cancelled: 1,
      cached: 1,
      retries: 2,
      calls: 1
    });
    expect(fold(failed, call(9, { reply: 'x' })).totals.usd).toBeNull();
  });

  it('keeps what did not change', () => {
    const events = traceEvents('children');
    const place = events.findLastIndex(({ type }) => type === 'observed');
    const before = fold(emptyTree, events.slice(0, place));
    const after = fold(before, events.slice(place));
    const [child = ''] = rootOf(before).steps[0]?.children ?? [];

    expect(after.runs.get(child)).toBe(before.runs.get(child));
    expect(rootOf(after)).not.toBe(rootOf(before));
    expect(rootOf(after).steps[0]).toBe(rootOf(before).steps[0]);
    expect(rootOf(after).calls).toBe(rootOf(before).calls);
  });

  it('makes do with a trace that begins in the middle or is newer', () => {
    const events = traceEvents('batch').slice(50);
    const newer = { seq: 1e6, run: 'x', type: 'telepathy' };
    const tree = fold(emptyTree, [...events, newer as unknown as AnyEvent]);

    expect(rootOf(tree).status).toBe('answered');
    expect(tree.totals.done).toBe(
      events.filter(
        event =>
          event.type === 'sub_call_finished' && typeof event.reply === 'string'
      ).length
    );
    expect(tree.runs.has('x')).toBe(false);
  });

  it('is not led in a circle by runs that name each other as parents', () => {
    const tree = fold(emptyTree, [
      event(1, 'run_started', { run: 'a', parent: 'b', parent_step: 1 }),
      event(2, 'run_started', { run: 'b', parent: 'a', parent_step: 1 }),
      event(3, 'run_started', { run: 'c', parent: 'c', parent_step: 1 })
    ]);
    expect(tree.runs.get('a')?.parent).toBe('b');
    expect(tree.runs.get('b')?.parent).toBeNull();
    expect(tree.runs.get('c')?.parent).toBeNull();
  });

  it('holds ten thousand calls, in whatever order they end', () => {
    const calls = Array.from({ length: 10_000 }, (_, place) => place + 1);
    const starts = calls.map(call =>
      event(call, 'sub_call_started', { call, prompt: 'p' })
    );
    const ends = calls.map(call =>
      event(10_000 + call, 'sub_call_finished', {
        call: ((call * 7919) % 10_000) + 1,
        reply: 'r',
        usd: 0
      })
    );
    const tree = inChunks([...starts, ...ends], () => 300);
    expect(tree.totals).toMatchObject({ done: 10_000, running: 0 });
    expect(rootOf(tree).calls.every(({ status }) => status === 'done')).toBe(
      true
    );
  });
});
