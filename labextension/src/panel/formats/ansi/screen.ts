/** What a terminal would show of a program's output, as runs of text in one style each. */
import { PLAIN, styled } from './style';
import type { Style } from './style';

export interface Run {
  readonly text: string;
  readonly style: Style;
}

const MOST_RUNS = 5_000; // after which the rest is shown in no style

// One sequence of any kind, finished or not: each alternative takes what it can and never looks
// back, so that no text is read twice. The rest are control characters.
const SEQUENCE =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /(?:\x1b\[|\x9b)([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e]?)|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[\x20-\x2f]*[\x30-\x7e]?|\r\n|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

/** Keeps the line that is being written in two parts: before the cursor, and behind it. */
export function runsOf(output: string): readonly Run[] {
  const done: Run[] = [];
  let before: Run[] = [];
  /** In reverse, so that its first run is taken off in no time. */
  let behind: Run[] = [];
  let style = PLAIN;

  const write = (text: string): void => {
    if (text) {
      add(before, text, style);
      overwrite(text.length);
    }
  };
  const overwrite = (length: number): void => {
    for (let next; length > 0 && (next = behind.pop());) {
      if (next.text.length > length) {
        behind.push({ ...next, text: next.text.slice(length) });
      }
      length -= next.text.length;
    }
  };
  const toStart = (): void => {
    for (let run; (run = before.pop());) {
      behind.push(run);
    }
  };
  const newLine = (): void => {
    toStart();
    for (const { text, style } of behind.reverse()) {
      add(done, text, style);
    }
    behind = [];
    add(done, '\n', done.at(-1)?.style ?? PLAIN);
  };

  let place = 0;
  for (const match of output.matchAll(SEQUENCE)) {
    const [sequence, parameters = '', final] = match;
    write(output.slice(place, match.index));
    place = match.index + sequence.length;
    if (final === 'm') {
      // As on a terminal with a private prefix: no colours.
      style = /^[\d;:]*$/.test(parameters) ? styled(style, parameters) : style;
    } else if (final === 'K') {
      // To the end of the line ("" or "0"), or the whole of it.
      behind = [];
      before = parameters === '2' ? [] : before;
    } else if (sequence === '\r') {
      toStart();
    } else if (sequence.endsWith('\n')) {
      newLine();
    }
  }
  write(output.slice(place));
  newLine();
  // The last end of a line is no line of its own.
  return done.map((run, place) =>
    place === done.length - 1 ? { ...run, text: run.text.slice(0, -1) } : run
  );
}

function add(runs: Run[], text: string, style: Style): void {
  const last = runs.at(-1);
  if (last && (last.style === style || runs.length >= MOST_RUNS)) {
    runs[runs.length - 1] = { ...last, text: last.text + text };
  } else {
    runs.push({ text, style: runs.length + 1 < MOST_RUNS ? style : PLAIN });
  }
}
