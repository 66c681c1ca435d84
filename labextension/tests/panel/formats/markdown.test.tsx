// @vitest-environment jsdom
import { render } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';

import { Markdown } from '../../../src/panel/formats/markdown';

function html(text: string): string {
  const { container } = render(<Markdown text={text} />);
  return container.firstElementChild?.innerHTML ?? '';
}

const WEB = 'target="_blank" rel="noopener noreferrer"';

describe('Markdown', () => {
  it.each([
    [
      'a **b *c* d** ~~e~~',
      '<p>a <strong>b <em>c</em> d</strong> <del>e</del></p>'
    ],
    [
      '***both*** __b__ _i_',
      '<p><strong><em>both</em></strong> <strong>b</strong> <em>i</em></p>'
    ],
    ['**a *b***', '<p><strong>a <em>b</em></strong></p>'],
    ['snake_case_name 2 * 3 * 4', '<p>snake_case_name 2 * 3 * 4</p>'],
    [
      '`a *b* &lt;` \\*c\\* &lt;d&gt; &nbsp; &#65;',
      '<p><code>a *b* &amp;lt;</code> *c* &lt;d&gt; &nbsp; A</p>'
    ],
    ['*a `b', '<p>*a `b</p>'],
    ['one\ntwo\n\nthree', '<p>one\ntwo</p><p>three</p>'],
    ['# A\n## B\n#### C', '<h4>A</h4><h5>B</h5><h6>C</h6>'],
    ['a\n***\nb', '<p>a</p><hr><p>b</p>'],
    ['> a\n> - b', '<blockquote><p>a</p><ul><li>b</li></ul></blockquote>'],
    ['```\n<b> *x*\n```\ny', '<pre><code>&lt;b&gt; *x*</code></pre><p>y</p>'],
    ['```sql\nunfinished', '<pre><code>unfinished</code></pre>']
  ])('%j', (text, expected) => {
    expect(html(text)).toBe(expected);
  });

  it('nests lists, numbered and not, with tasks and code', () => {
    expect(
      html('3. a\n   - b\n\n     ```\n     c\n     ```\n4. d\n- [x] e\n- [ ] f')
    ).toBe(
      '<ol start="3"><li>a<ul><li>b<pre><code>c</code></pre></li></ul></li>' +
        '<li>d</li></ol><ul><li>☑ e</li><li>☐ f</li></ul>'
    );
  });

  it('draws tables', () => {
    expect(html('| a | b |\n|---|--:|\n| 1 | **2** \\| 3 |')).toBe(
      '<div class="rlm-markdown-table"><table><thead><tr><th>a</th>' +
        '<th class="rlm-markdown-right">b</th></tr></thead><tbody><tr><td>1</td>' +
        '<td class="rlm-markdown-right"><strong>2</strong> | 3</td></tr></tbody></table></div>'
    );
  });

  it('highlights Python', () => {
    expect(html('```python\nx = 1\n```')).toContain('rlm-py-number');
  });

  it('links to the web and to mail', () => {
    expect(html('[a *b*](https://e.com/x_(y)?a=1&amp;b=2 "t")')).toBe(
      `<p><a href="https://e.com/x_(y)?a=1&amp;b=2" ${WEB}>a <em>b</em></a></p>`
    );
    expect(html('see https://e.com/a_b, or [us](mailto:a@b.c).')).toBe(
      `<p>see <a href="https://e.com/a_b" ${WEB}>https://e.com/a_b</a>, or ` +
        `<a href="mailto:a@b.c" ${WEB}>us</a>.</p>`
    );
  });

  it('loads no image: it is a link', () => {
    expect(html('![a cat](http://e.com/cat.png)')).toBe(
      `<p><a href="http://e.com/cat.png" ${WEB}>a cat</a></p>`
    );
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java&#115;cript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](data:image/svg+xml;base64,AAAA)',
    '[x](//e.com)',
    '[x](/lab/tree)',
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    'a <b onclick="x()">b</b>',
    '[x]: javascript:alert(1)\n\n[x]'
  ])('shows %j as text', text => {
    const { container } = render(<Markdown text={text} />);
    expect(container.querySelector('a, img, script, b')).toBeNull();
    const shown = container.textContent.replace(/\s/g, '');
    expect(shown).toBe(
      text
        .replace('&#115;', shown.includes('&#') ? '&#115;' : 's')
        .replace(/\s/g, '')
    );
  });

  it.each([
    '[',
    '*a_',
    '**a ',
    '<',
    '`',
    '`a``',
    '> ',
    '1. ',
    '|-|\n',
    '![',
    '\\',
    '](a "',
    '~~'
  ])('shows 200 kB of %j', sign => {
    const { container } = render(
      <Markdown text={sign.repeat(200_000 / sign.length)} />
    );
    expect(container.textContent.length).toBeGreaterThanOrEqual(180_000);
  });
});
