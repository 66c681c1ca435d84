import { expect, test } from './lab';
import { code } from './models';
import type { PanelInCell } from './panel';

const HTML =
  '<img src="http://evil.example/a.png" onerror="window.hurt=1">' +
  '<script>window.hurt=2</script><style>.jp-Cell{display:none}</style>' +
  '<iframe srcdoc="<script>top.hurt=3</script>"></iframe>' +
  '<svg onload="window.hurt=4"></svg>';
const MARKDOWN =
  '[harmless](javascript:window.hurt=5) [data](data:text/html,hurt) ' +
  '![picture](http://evil.example/b.png) <b onclick="window.hurt=6">bold</b>';
// Clears a terminal, moves about, sets the title, never ends; and a link of terminals.
const ANSI =
  '\u001b[2J\u001b[1;1H\u001b]0;title\u0007\u001b]8;;javascript:window.hurt=7\u0007here\u001b]8;;\u0007' +
  '\u001b[31m'.repeat(20_000) +
  '\u001b[999999999C\u001b[38;2;';
const RIGHT_TO_LEFT = '\u202egnp.exe \u2066ابجد\u2069';
const TEXTS = { HTML, MARKDOWN, ANSI, RIGHT_TO_LEFT };

// The editor has pictures of its own, without a source, beside signs that it makes visible.
const ACTIVE =
  'img:not(.cm-widgetBuffer), script, style, iframe, object, [onclick], [onerror], [onload]';

async function isOnlyText(run: PanelInCell): Promise<void> {
  await expect(run.panel.locator(ACTIVE)).toHaveCount(0);
  await expect(
    run.panel.locator('a:not([href^="http:"], [href^="https:"])')
  ).toHaveCount(0);
}

for (const [name, text] of Object.entries(TEXTS)) {
  test(`hostile text is only text: ${name}`, async ({
    lab,
    notebook,
    models
  }) => {
    const reached: string[] = [];
    const watch = (request: { url(): string }): void => {
      reached.push(request.url());
    };
    lab.on('request', watch);
    const titleBefore = await lab.title();
    const book = await notebook(
      `hostile = ${JSON.stringify(text)}`,
      `%%rlm\n${name === 'ANSI' ? 'What?' : text}`
    );
    const literal = JSON.stringify(text);
    await models.rule('', text);
    await models.script(
      `${text}\n\n${code(`# ${literal}\nprint(hostile, llm_query(hostile))`)}`,
      code('raise ValueError(hostile)'),
      code('FINAL(hostile)')
    );
    await book.start(0);
    const run = await book.start(1);
    await run.asked(1).waitFor();
    await isOnlyText(run);
    await run.button('Approve').click();
    await run.asked(2).waitFor();
    await run.button('Approve').click();
    await run.asked(3).waitFor();
    await isOnlyText(run);
    await run.button('Approve').click();

    expect(await book.evaluate('_rlm.answer == hostile')).toBe(true);
    await expect(run.status).toHaveText('Answered');
    await isOnlyText(run);
    await expect(book.cell(0)).toBeVisible();
    expect(await lab.evaluate(() => 'hurt' in window)).toBe(false);
    expect(reached.filter(url => url.includes('evil'))).toEqual([]);
    expect(await lab.title()).toContain(titleBefore.split(' ')[0] ?? '');
    lab.off('request', watch);
  });
}

test('5 MB on one line neither stops the page nor is sent to it whole', async ({
  lab,
  notebook,
  models
}) => {
  const book = await notebook('%%rlm\nHow long?');
  await models.script(
    code("text = 'x' * 5_000_000\nprint(text)\nprint(llm_query(text)[:9])"),
    code("FINAL(text + 'y')")
  );
  const run = await book.start(0);
  await run.button('Approve').click();
  await run.asked(2).waitFor();
  await run.button('Approve').click();

  expect(await book.evaluate('len(_rlm.answer)')).toBe(5_000_001);
  await expect(run.status).toHaveText('Answered');
  await expect(run.answer).toContainText('5,000,001 characters');
  const drawn = await lab.evaluate(() => document.body.innerHTML.length);
  expect(drawn).toBeLessThan(1_000_000);
});
