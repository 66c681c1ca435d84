import { writeFileSync } from 'node:fs';

import type { Browser } from '@playwright/test';

import { expect, test } from './lab';
import type { Notebook } from './notebook';

const CALLS = Number(process.env['PANEL_CALLS']);
const RATE = Number(process.env['PANEL_RATE']);
const FIGURES = process.env['PANEL_FIGURES'] ?? '';

test('the panel under load', async ({ browser, lab, notebook }) => {
  let bytes = 0;
  lab.on('websocket', socket => {
    socket.on('framereceived', ({ payload }) => {
      bytes += Buffer.byteLength(payload);
    });
  });
  const book = await notebook(
    '%%rlm -m instant/model -a never\nWhat are they about?',
    `await replay(_rlm, ${String(RATE)})`,
    `await replay(_rlm, ${String(RATE)})`
  );
  await book.execute(
    `from benchmarks.panel_load import *\nprepare(${String(CALLS)})`
  );

  bytes = 0;
  const run = { ...(await measure(browser, book, 0, true)), bytes };
  expect(await book.evaluate('_rlm.answer')).toBe(CALLS);
  await book.save();
  const saved = Buffer.byteLength(await book.saved());
  const folded = await measure(browser, book, 1, false);
  const open = await measure(browser, book, 2, true);
  const figures = { run: { ...run, saved }, folded, open };
  writeFileSync(FIGURES, JSON.stringify(figures));
});

/** Runs a cell until its record is drawn, with the table of the sub-calls open or folded. */
async function measure(
  browser: Browser,
  book: Notebook,
  index: number,
  isOpen: boolean
): Promise<object> {
  await browser.startTracing(book.page, { categories: ['-*', 'toplevel'] });
  const started = Date.now();
  const run = await book.start(index);
  const summary = run.panel.getByRole('button', { name: /sub-calls/ }).last();
  await summary.waitFor();
  if (isOpen) {
    await summary.click();
    await run.panel.getByRole('grid', { name: 'Sub-calls' }).waitFor();
  }
  await book.idle();
  const wall = (Date.now() - started) / 1000;
  await expect(run.answer).toContainText(String(CALLS));
  await expect(run.stop).toHaveCount(0);
  const tasks = longestTask(await browser.stopTracing());
  return {
    ...((await book.evaluate('costs()')) as object),
    ...tasks,
    wall
  };
}

interface Traced {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** Microseconds: by the clock, and of the processor. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The most milliseconds that a task of a page's main thread took. */
function longestTask(trace: Buffer): { longest: number; processor: number } {
  const { traceEvents } = JSON.parse(trace.toString()) as {
    traceEvents: Traced[];
  };
  const threadOf = ({ pid, tid }: Traced): string =>
    `${String(pid)} ${String(tid)}`;
  const main = new Set(
    traceEvents
      .filter(
        ({ name, args }) =>
          name === 'thread_name' && args.name === 'CrRendererMain'
      )
      .map(threadOf)
  );
  const tasks = traceEvents.filter(event => main.has(threadOf(event)));
  const most = (of: (task: Traced) => number | undefined): number =>
    tasks.reduce((least, task) => Math.max(least, of(task) ?? 0), 0) / 1000;
  return {
    longest: most(({ dur }) => dur),
    processor: most(({ tdur }) => tdur)
  };
}
