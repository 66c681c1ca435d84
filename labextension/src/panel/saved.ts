/** Runs that are only remembered: the record in a notebook, and a trace file. */
import { emptyTree, fold } from './fold';
import { name } from './fold/read';
import type { AnyEvent, RecordMetadata, RunRecord } from './protocol';
import type { RunSource } from './source';
import type { Tree } from './state';
import { cut } from './text';

const LONGEST = 20_000;

/**
 * The run that a notebook holds; `metadata` has its times. Raises an Error, with a sentence to
 * show, where this is no record that can be read.
 */
export function recordSource(record: unknown, metadata?: unknown): RunSource {
  const { version, events, omitted } = (record ?? {}) as Partial<RunRecord>;
  if (!Array.isArray(events)) {
    throw new Error('This is no saved run of rlm-magic.');
  }
  if (version !== 1) {
    throw new Error(
      `This run was saved in version ${JSON.stringify(version)} of the record; this rlm-magic reads version 1: update it to see the run.`
    );
  }
  const known = (metadata ?? {}) as Partial<RecordMetadata>;
  const timed = withTimes(events.filter(isEvent), known);
  const left = Array.isArray(omitted) ? omitted : [];
  return remembered(
    fold(emptyTree, timed, left),
    name(known.trace) ?? undefined
  );
}

/**
 * The run that the JSON lines of a trace hold, texts in full. Raises an Error, with a sentence to
 * show, where there is no event in it.
 */
export function traceSource(text: string): RunSource {
  const lines = new Map<number, string>();
  const events: AnyEvent[] = [];
  for (const line of text.split('\n')) {
    const event = readEvent(line);
    if (event) {
      lines.set(event.seq, line);
      events.push(shortened(event));
    }
  }
  if (events.length === 0) {
    throw new Error('This file holds no event of a run: it is no trace.');
  }
  const source = remembered(fold(emptyTree, events), undefined);
  return {
    ...source,
    fetch(seq) {
      const event = readEvent(lines.get(seq) ?? '');
      return event
        ? Promise.resolve(event)
        : Promise.reject(new Error(`The trace has no event ${String(seq)}.`));
    }
  };
}

/** The event that a line of JSON holds, or null: a line that a crash cut off holds none. */
export function readEvent(line: string): AnyEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is AnyEvent {
  const event = (value ?? {}) as Partial<AnyEvent>;
  return (
    typeof event.seq === 'number' &&
    typeof event.run === 'string' &&
    typeof event.type === 'string'
  );
}

function remembered(tree: Tree, trace: string | undefined): RunSource {
  const root = tree.runs.get(tree.root ?? '');
  const last = root?.ended ?? root?.started ?? 0;
  return {
    tree,
    trace,
    subscribe: () => () => undefined,
    now: () => last
  };
}

/** `event` with every text that is too long to be drawn cut. */
function shortened(event: AnyEvent): AnyEvent {
  const entries = Object.entries(event).map(([key, value]) => [
    key,
    typeof value === 'string' ? cut(value, LONGEST) : (value as unknown)
  ]);
  return Object.fromEntries(entries) as AnyEvent;
}

/** The events with the times that the metadata hold, and with the seconds that follow from them. */
function withTimes(
  events: readonly AnyEvent[],
  { started, times }: Partial<RecordMetadata>
): readonly AnyEvent[] {
  if (
    typeof started !== 'number' ||
    typeof times !== 'string' ||
    times.split(' ').length !== events.length
  ) {
    return events;
  }
  const passed = times.split(' ').map(it => Number(it) || 0);
  const begun = new Map<string, number>();
  return events.map((event, place) => {
    const time = started + (passed[place] ?? 0) / 1000;
    const span = spanOf(event);
    if (!span) {
      return { ...event, time };
    }
    const before = begun.get(span);
    begun.set(span, time);
    return before === undefined
      ? { ...event, time }
      : ({ ...event, time, seconds: time - before } as AnyEvent);
  });
}

/** What an event begins, goes on with or ends: seconds are the time since the event before. */
function spanOf(event: AnyEvent): string | null {
  switch (event.type) {
    case 'root_requested':
    case 'root_replied':
    case 'root_failed':
      return `root ${event.run}`;
    case 'code_proposed':
    case 'code_decided':
    case 'code_executed':
      return `code ${event.run}`;
    case 'sub_call_started':
    case 'sub_call_finished':
      return `call ${String(event.call)}`;
    default:
      return null;
  }
}
