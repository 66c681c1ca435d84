/** The columns of the table of sub-calls. */
import type { ComponentChildren, VNode } from 'preact';

import type { Call } from '../../state';
import {
  compact,
  duration,
  lengthOf,
  number,
  preview,
  startOf,
  usd
} from '../../text';
import type { Summary } from './summary';
import { kindOf, nameOf, notesOf, tokensOf } from './summary';

type Value = number | string | null;

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Set to the right, and largest first when it is chosen to sort by. */
  readonly numeric: boolean;
  /** What is sorted by. */
  readonly value: (call: Call) => Value;
  readonly cell: (call: Call) => ComponentChildren;
}

function column(
  title: string,
  value: (call: Call) => Value,
  cell: (call: Call) => ComponentChildren = value,
  key = title.toLowerCase(),
  numeric = true
): Column {
  return { key, title, numeric, value, cell };
}

const DASH = '–';
const ORDER = ['running', 'failed', 'cancelled', 'done', 'cached'];
const SIGNS = {
  running: '○',
  done: '✓',
  cached: '✓',
  failed: '✕',
  cancelled: DASH
};

export const CALL = column('#', call => call.call, undefined, 'call');

const STATUS = column(
  'Status',
  call => ORDER.indexOf(kindOf(call)),
  call => <StatusSign call={call} />,
  'status',
  false
);

const PROMPT = column(
  'Prompt',
  call => startOf(call.prompt),
  call => preview(call.prompt),
  'prompt',
  false
);

const SIZE = column(
  'Chars',
  call => lengthOf(call.prompt),
  call => number(lengthOf(call.prompt))
);

/** An error stands where the reply would. */
const REPLY = column(
  'Reply',
  call => startOf(call.reply ?? call.error ?? ''),
  ({ reply, error }) =>
    error === null ? (
      preview(reply ?? '')
    ) : (
      <span class="rlm-bad">{preview(error)}</span>
    ),
  'reply',
  false
);

const LATENCY = column(
  'Latency',
  call => call.seconds,
  ({ seconds }) => (seconds === null ? DASH : duration(seconds))
);

const TOKENS = column('Tokens', tokensOf, call =>
  tokensOf(call) === 0
    ? DASH
    : `${compact(call.tokens.input)} → ${compact(call.tokens.output)}`
);

// Free is not a price: a call is that is in the store, or whose price nobody knows.
const COST = column(
  'Cost',
  call => call.usd,
  call => (call.usd ? usd(call.usd) : DASH)
);

const NOTES = column(
  'Notes',
  call => notesOf(call).join(', '),
  undefined,
  'notes',
  false
);

export function fewColumns(calls: readonly Call[]): readonly Column[] {
  const columns = [STATUS, PROMPT, REPLY, LATENCY, TOKENS];
  return calls.some(call => notesOf(call).length > 0)
    ? [...columns, NOTES]
    : columns;
}

/** Without the columns in which no call has anything to show. */
export function columnsFor(summary: Summary): readonly Column[] {
  return [
    CALL,
    STATUS,
    PROMPT,
    SIZE,
    REPLY,
    LATENCY,
    TOKENS,
    ...(summary.hasPrices ? [COST] : []),
    ...(summary.hasNotes ? [NOTES] : [])
  ];
}

export function Cells({
  columns,
  call,
  role
}: {
  columns: readonly Column[];
  call: Call;
  role?: 'gridcell';
}): VNode {
  return (
    <>
      {columns.map(column => (
        <span key={column.key} class={classOf(column)} role={role} dir="auto">
          {column.cell(call)}
        </span>
      ))}
    </>
  );
}

export function classOf({ key, numeric }: Column): string {
  return `rlm-call-cell rlm-call-${key}${numeric ? ' rlm-call-number' : ''}`;
}

export function StatusSign({ call }: { call: Call }): VNode {
  const kind = kindOf(call);
  const name = nameOf(kind);
  return (
    <span
      class="rlm-call-sign"
      data-kind={kind}
      role="img"
      aria-label={name}
      title={name}
    >
      {SIGNS[kind]}
    </span>
  );
}
