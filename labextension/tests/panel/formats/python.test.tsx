// @vitest-environment jsdom
import { render } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';

import { Python } from '../../../src/panel/formats/python';

/** The parts of `code` that are set apart, as "kind text". */
function parts(code: string): string[] {
  const { container } = render(<Python code={code} />);
  expect(container.textContent).toBe(code);
  return [...container.querySelectorAll('span')].map(
    span => `${span.className.replace('rlm-py-', '')} ${span.textContent}`
  );
}

describe('Python', () => {
  it('sets keywords, names, numbers and comments apart', () => {
    expect(
      parts('for x in range(0x1f): # go\n    a.print = 1.5e3 if y else None')
    ).toEqual([
      'keyword for',
      'keyword in',
      'builtin range',
      'number 0x1f',
      'comment # go',
      'operator =',
      'number 1.5e3',
      'keyword if',
      'keyword else',
      'keyword None'
    ]);
  });

  it('knows definitions and decorators', () => {
    expect(parts('@a.b\ndef list(): pass\nclass int: pass')).toEqual([
      'meta @a.b',
      'keyword def',
      'definition list',
      'keyword pass',
      'keyword class',
      'definition int',
      'keyword pass'
    ]);
  });

  it.each([
    `f"a {b!r} # c"`,
    `rb'\\'`.replace("'\\'", "'\\\\'"),
    `"it's \\" so"`,
    `"""two\n"" lines\\""" more"""`,
    `'''never ended # if`,
    `"never ended`,
    `''`
  ])('takes %j as one string', code => {
    expect(parts(code)).toEqual([`string ${code}`]);
  });

  it("knows IPython's lines", () => {
    expect(parts('%timeit x\n!ls "a\nx % 2')).toEqual([
      'meta %timeit x',
      'meta !ls "a',
      'operator %',
      'number 2'
    ]);
  });

  it.each(['"', "'''", '\\', '@', '1.', '<b>', '#', 'ä', '{', 'f"'])(
    'shows a megabyte of %j as it is',
    sign => {
      const code = sign.repeat(1_000_000 / sign.length);
      const { container } = render(<Python code={code} />);
      expect(container.textContent).toBe(code);
    }
  );
});
