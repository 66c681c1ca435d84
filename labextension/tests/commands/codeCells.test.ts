import { describe, expect, it } from 'vitest';

import { codeCells } from '../../src/commands/codeCells';
import type {
  AnyEvent,
  CodeExecuted,
  RunRecord
} from '../../src/panel/protocol';

function started(run: string, parent: string | null = null): AnyEvent {
  return {
    type: 'run_started',
    seq: 1,
    run,
    question: 'How many?',
    model: 'offline/demo',
    sub_model: 'offline/demo',
    depth: 0,
    max_depth: 1,
    description: '',
    version: '0.1.0',
    ...(parent && { parent })
  };
}

function executed(run: string, fields: Partial<CodeExecuted>): AnyEvent {
  return {
    type: 'code_executed',
    seq: 2,
    run,
    step: 1,
    block: 1,
    code: '',
    output: '',
    output_chars: 0,
    seconds: 0,
    ...fields
  };
}

function record(events: AnyEvent[], setup = ''): RunRecord {
  return { version: 1, events, setup };
}

describe('the cells of a run', () => {
  it('are the helpers and each block of the root run, in order', () => {
    const run = record(
      [
        started('1'),
        executed('1', { code: 'a = 1' }),
        started('2', '1'),
        executed('2', { code: 'of_a_child = 1' }),
        executed('1', { code: 'b = a' })
      ],
      'helpers'
    );

    expect(codeCells(run)).toEqual(['helpers', 'a = 1', 'b = a']);
  });

  it('read the recorded replies of the trace, wherever that is', () => {
    const run = record(
      [started('1'), executed('1', { code: 'a = 1' })],
      'recorded = RecordedRun("{trace}")'
    );

    expect(codeCells(run, 'C:\\runs\\$& "1".jsonl')?.[0]).toBe(
      'recorded = RecordedRun("C:\\\\runs\\\\$& \\"1\\".jsonl")'
    );
  });

  it('leave out code that raised an error', () => {
    const run = record([
      started('1'),
      executed('1', { code: '1 / 0', error: 'ZeroDivisionError' }),
      executed('1', { code: 'a = 1', error: null })
    ]);

    expect(codeCells(run)).toEqual(['a = 1']);
  });

  it('are none where nothing was executed, however many helpers there are', () => {
    expect(codeCells(record([started('1')], 'helpers'))).toEqual([]);
  });

  it('are not to be had where the record has a block in part only', () => {
    const run = record([
      started('1'),
      executed('1', { code: { start: 'a', end: 'z', chars: 99_999 } })
    ]);

    expect(codeCells(run)).toBeNull();
  });
});
