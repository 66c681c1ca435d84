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

export function runsOf(output: string): readonly Run[] {
  const screen = new Screen();
  let style = PLAIN;
  let place = 0;
  for (const match of output.matchAll(SEQUENCE)) {
    const [sequence, parameters = '', final] = match;
    screen.write(output.slice(place, match.index), style);
    place = match.index + sequence.length;
    if (final === 'm') {
      // As on a terminal with a private prefix: no colours.
      style = /^[\d;:]*$/.test(parameters) ? styled(style, parameters) : style;
    } else if (final === 'K') {
      screen.erase(parameters);
    } else if (sequence === '\r') {
      screen.toStart();
    } else if (sequence.endsWith('\n')) {
      screen.newLine();
    }
  }
  screen.write(output.slice(place), style);
  screen.newLine();
  return screen.runs();
}

/** Keeps the line that is being written in two parts: before the cursor, and behind it. */
class Screen {
  private readonly done: Run[] = [];
  private before: Run[] = [];
  /** In reverse, so that its first run is taken off in no time. */
  private behind: Run[] = [];

  write(text: string, style: Style): void {
    if (text) {
      add(this.before, text, style);
      this.overwrite(text.length);
    }
  }

  toStart(): void {
    while (this.before.length > 0) {
      this.behind.push(this.before.pop() as Run);
    }
  }

  /** Erases from the cursor to the end of the line ("" or "0"), or the whole of it. */
  erase(what: string): void {
    this.behind = [];
    if (what === '2') {
      this.before = [];
    }
  }

  newLine(): void {
    this.toStart();
    for (const { text, style } of this.behind.reverse()) {
      add(this.done, text, style);
    }
    this.behind = [];
    add(this.done, '\n', this.done.at(-1)?.style ?? PLAIN);
  }

  /** The text without the last end of a line, which is no line of its own. */
  runs(): readonly Run[] {
    const last = this.done.at(-1);
    if (last) {
      this.done[this.done.length - 1] = {
        ...last,
        text: last.text.slice(0, -1)
      };
    }
    return this.done;
  }

  private overwrite(length: number): void {
    while (length > 0) {
      const next = this.behind.pop();
      if (!next) {
        return;
      }
      if (next.text.length > length) {
        this.behind.push({ ...next, text: next.text.slice(length) });
      }
      length -= next.text.length;
    }
  }
}

function add(runs: Run[], text: string, style: Style): void {
  const last = runs.at(-1);
  if (last && (last.style === style || runs.length >= MOST_RUNS)) {
    runs[runs.length - 1] = { ...last, text: last.text + text };
  } else {
    runs.push({ text, style: runs.length + 1 < MOST_RUNS ? style : PLAIN });
  }
}
