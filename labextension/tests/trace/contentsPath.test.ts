import { describe, expect, it } from 'vitest';

import { contentsPath } from '../../src/trace/contentsPath';

describe('where the server shows a trace', () => {
  it.each([
    ['/srv/files/runs/a.rlm.jsonl', '/srv/files', 'runs/a.rlm.jsonl'],
    ['/srv/files/a.rlm.jsonl', '/srv/files/', 'a.rlm.jsonl'],
    ['/home/ada/work/a.rlm.jsonl', '~/work', 'a.rlm.jsonl'],
    ['~/work/a.rlm.jsonl', '~/work', 'a.rlm.jsonl'],
    ['~/work/a.rlm.jsonl', '~', 'work/a.rlm.jsonl'],
    ['C:\\work\\runs\\a.rlm.jsonl', 'C:\\work', 'runs/a.rlm.jsonl'],
    ['runs/a.rlm.jsonl', '/srv/files', 'notebooks/runs/a.rlm.jsonl'],
    ['../a.rlm.jsonl', '/srv/files', 'a.rlm.jsonl']
  ])('finds %s under %s', (trace, root, path) => {
    expect(contentsPath(trace, root, 'notebooks')).toBe(path);
  });

  it.each([
    ['/tmp/a.rlm.jsonl', '/srv/files'],
    ['/srv/files-of-another/a.rlm.jsonl', '/srv/files'],
    ['/tmp/a.rlm.jsonl', '~/work'],
    ['~/.local/a.rlm.jsonl', '~/work'],
    ['~/work/a.rlm.jsonl', '/srv/files'],
    ['../../a.rlm.jsonl', '/srv/files']
  ])('knows that %s is not under %s', (trace, root) => {
    expect(contentsPath(trace, root, 'notebooks')).toBeNull();
  });
});
