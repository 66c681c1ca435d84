// @vitest-environment jsdom
import { render } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';

import { Ansi } from '../../../src/panel/formats/ansi';

const E = '\x1b';

function drawn(text: string): Element {
  return render(<Ansi text={text} />).container;
}

const color = (value: string) =>
  `<span class="rlm-ansi-color" style="--rlm-color: ${value};">`;

describe('output with escape sequences', () => {
  it.each([
    [`${E}[31mred${E}[0m plain`, `${color('#d32f2f')}red</span> plain`],
    [
      `${E}[1;92ma${E}[22;39mb`,
      '<span class="rlm-ansi-bold rlm-ansi-color" style="--rlm-color: #43a047;">a</span>b'
    ],
    [
      `${E}[7;31ma${E}[m`,
      '<span class="rlm-ansi-inverse rlm-ansi-ground" style="--rlm-ground: #d32f2f;">a</span>'
    ],
    [`${E}[38;5;196;4;24ma${E}[m`, `${color('rgb(255 0 0)')}a</span>`],
    [`${E}[38;5;244ma${E}[99m`, `${color('rgb(128 128 128)')}a</span>`],
    [
      `${E}[48;2;1;2;9ma${E}[49mb`,
      '<span class="rlm-ansi-ground" style="--rlm-ground: rgb(1 2 9);">a</span>b'
    ],
    [
      `<b>${E}[4m<i>`,
      '&lt;b&gt;<span class="rlm-ansi-underline">&lt;i&gt;</span>'
    ]
  ])('%j is coloured', (text, expected) => {
    expect(drawn(text).innerHTML).toBe(expected);
  });

  it.each([
    ['a\tb\nc\r\nd\n\n', 'a\tb\nc\nd\n\n'],
    ['10 %\r50 %\r100 %\ndone', '100 %\ndone'],
    ['long line\rshort', 'shortline'],
    [`long line\r${E}[Kshort`, 'short'],
    [`a\rb${E}[2Kc`, 'c'],
    [`${E}[2J${E}[10;10Ha${E}[?25l`, 'a'],
    [`${E}]0;title\x07a${E}]8;;https://e.com${E}\\link${E}]8;;${E}\\`, 'alink'],
    [`a\x00\x07\x7f\x9b31mb${E}`, 'ab'],
    [`a${E}[31`, 'a'],
    [`a${E}]0;never ended`, 'a'],
    [`a${E}P1;2|q${E}\\b${E}(Bc`, 'abc'],
    ['', '']
  ])('%j reads as on a terminal', (text, expected) => {
    expect(drawn(text).textContent).toBe(expected);
  });

  it.each([
    `${E}[31ma${E}[32mb`.repeat(100_000),
    `${E}[`.repeat(200_000),
    `${E}]0;`.repeat(200_000),
    `${E}[${'1;'.repeat(200_000)}`,
    `${E}[31ma${E}[32mb\r`.repeat(100_000)
  ])('a bomb makes a bounded number of spans', bomb => {
    expect(drawn(bomb).querySelectorAll('span').length).toBeLessThanOrEqual(
      5_000
    );
  });

  it('shows all the text of a bomb', () => {
    const bomb = `${E}[31ma${E}[32mb`.repeat(20_000);
    expect(drawn(bomb).textContent).toBe('ab'.repeat(20_000));
  });
});
