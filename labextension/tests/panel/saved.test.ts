import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { recordSource, traceSource } from '../../src/panel/saved';
import { isCut, number } from '../../src/panel/text';
import { event, traceEvents, traceText } from './events';

describe('a trace file', () => {
  it('is the run that it holds, and gives its texts in full', async () => {
    const source = traceSource(traceText('batch'));

    expect(source.controls).toBeUndefined();
    expect(source.tree.totals.done).toBe(35);
    expect(await source.fetch?.(1)).toEqual(traceEvents('batch')[0]);
    await expect(source.fetch?.(9999)).rejects.toThrow('no event 9999');
  });

  it('is shown as far as it goes when a crash cut its last line off', () => {
    const text = traceText('batch').slice(0, -40);
    expect(traceSource(text).tree.seq).toBe(traceEvents('batch').length - 1);
  });

  it('cuts a text that is too long to be drawn, and has it in full', async () => {
    const output = 'x'.repeat(5_000_000);
    const executed = event(1, 'code_executed', { block: 1, output });
    const source = traceSource(JSON.stringify(executed));
    const shown =
      source.tree.runs.get('a')?.steps[0]?.blocks[0]?.executed?.output;

    expect(shown && isCut(shown) && shown.start.length).toBe(15_000);
    expect(shown).toMatchObject({ chars: 5_000_000 });
    expect(await source.fetch?.(1)).toEqual(executed);
  });

  it.each(['', 'words', '[1, 2]', '{"seq": 1}', 'null'])(
    'is none where it holds no event: %s',
    text => {
      expect(() => traceSource(text)).toThrow('no event of a run');
    }
  );
});

describe('a saved record', () => {
  const timeless = traceEvents('batch').map(event => {
    const { time, ...rest } = event;
    delete (rest as { seconds?: number }).seconds;
    return [rest, time ?? 0] as const;
  });
  const started = timeless[0]?.[1] ?? 0;
  const record = { version: 1, events: timeless.map(([rest]) => rest) };
  const metadata = {
    run: 'r',
    trace: '/home/person/run.rlm.jsonl',
    started,
    times: timeless
      .map(([, time]) => Math.round((time - started) * 1000))
      .join(' ')
  };

  it('gets its times back from the metadata', () => {
    const source = recordSource(record, metadata);
    const { tree, trace } = source;
    const run = tree.runs.get(tree.root ?? '');
    const whole = traceSource(traceText('batch')).tree.runs.get(run?.id ?? '');
    const call = whole?.calls[5];

    expect(trace).toBe(metadata.trace);
    expect(source.now()).toBeCloseTo(whole?.ended ?? 0, 2);
    expect(run?.calls[5]?.seconds).toBeCloseTo(call?.seconds ?? 0, 1);
    expect(run?.steps[3]?.seconds).toBeCloseTo(
      whole?.steps[3]?.seconds ?? 0,
      1
    );
  });

  it('has no times without the metadata', () => {
    const { tree } = recordSource(record);
    const run = tree.runs.get(tree.root ?? '');
    expect(run).toMatchObject({ started: null, ended: null });
    expect(run?.calls[0]).toMatchObject({ started: null, seconds: null });
  });

  it('has no times where these are not one for each event', () => {
    const { tree } = recordSource(record, { ...metadata, times: '0 1 2' });
    expect(tree.runs.get(tree.root ?? '')).toMatchObject({ started: null });
  });

  it('counts the calls that it has no room for', () => {
    const calls = { run: timeless[0]?.[0].run, step: 3, calls: 10, failed: 2 };
    const tokens = { input: 100, output: 5 };
    const omitted = [{ ...calls, cached: 1, tokens, usd: null }];
    const { tree } = recordSource({ ...record, omitted });
    const whole = recordSource(record).tree.totals;

    expect(tree.totals).toMatchObject({
      done: whole.done + 8,
      failed: whole.failed + 2,
      cached: 1,
      calls: whole.calls + 7,
      usd: null
    });
    expect(tree.totals.tokens.input).toBe(whole.tokens.input + 100);
    expect(tree.runs.get(tree.root ?? '')?.steps[2]?.omitted).toBe(10);
  });

  it('comes to the figures of the run, whatever Python left out of it', () => {
    // Of tests/trace/runs.py, in 9,000 bytes:
    // Story(steps=120, calls=30, failing=7, stored=4, retried=11, children=2)
    const { record, summary } = JSON.parse(
      readFileSync(
        join(import.meta.dirname, '../traces/shortened.record.json'),
        'utf8'
      )
    ) as { record: unknown; summary: string };
    const { totals } = recordSource(record).tree;
    const usd = totals.usd ?? 0;

    expect(summary).toBe(
      [
        `answered · ${number(totals.steps - totals.children)} steps`,
        `${number(totals.children)} child runs`,
        `${number(totals.done)} sub-calls`,
        `${number(totals.cached)} from the store`,
        `${number(totals.failed)} failed`,
        `${number(totals.retries)} retried`,
        `${number(totals.tokens.input + totals.tokens.output)} tokens (${number(totals.tokens.cached)} cached)`,
        `$${usd.toFixed(4)} to $${(usd + (totals.abandoned ?? 0)).toFixed(4)}`
      ].join(' · ')
    );
    expect(totals.calls).toBe(totals.done + totals.steps - totals.cached);
  });

  it('says so when its version is unknown, or when it is none', () => {
    expect(() => recordSource({ ...record, version: 2 })).toThrow('version 2');
    expect(() => recordSource('<b>')).toThrow('no saved run');
  });
});
