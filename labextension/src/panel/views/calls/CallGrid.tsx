/** A table of calls of which only the rows in sight are drawn; moved through by keyboard. */
import type { TargetedKeyboardEvent, VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Call } from '../../state';
import { memo } from '../memo';
import type { Column } from './columns';
import { Cells, classOf } from './columns';
import type { Open } from './SubCalls';
import type { View } from './view';

/** Pixels; the style sheet gives a row this height. */
const ROW = 24;
const MOST_IN_SIGHT = 10;
const OVERSCAN = 8;

export interface CallGridProps {
  readonly rows: readonly Call[];
  /** The table is as high as this many rows need, whatever the filter leaves. */
  readonly total: number;
  readonly columns: readonly Column[];
  readonly view: View;
  readonly active: number | null;
  readonly opened: boolean;
  readonly onSort: (column: Column) => void;
  readonly onOpen: Open;
}

export function CallGrid(props: CallGridProps): VNode {
  const { rows, columns, view, active, opened, onOpen } = props;
  const toggle = ({ call }: Call): void => {
    onOpen(call, !(opened && call === active));
  };
  const inSight = Math.min(props.total, MOST_IN_SIGHT);
  const place = rows.findIndex(call => call.call === active);
  const box = useRef<HTMLDivElement>(null);
  const [id] = useState(() => `rlm-${Math.random().toString(36).slice(2)}`);
  const [top, setTop] = useState(0);
  const first = Math.max(Math.min(top, rows.length - inSight) - OVERSCAN, 0);
  const drawn = rows.slice(first, first + inSight + 2 * OVERSCAN);

  const scrollTo = (pixels: number): void => {
    if (box.current !== null) {
      box.current.scrollTop = pixels;
      setTop(Math.floor(box.current.scrollTop / ROW));
    }
  };
  const reveal = (row: number): void => {
    const now = box.current?.scrollTop ?? 0;
    scrollTo(Math.max(Math.min(now, row * ROW), (row + 1 - inSight) * ROW));
  };

  // Rows that come or go above those in sight must not move them.
  const before = useRef<Pick<CallGridProps, 'rows' | 'view' | 'active'>>({
    rows,
    view,
    active: null
  });
  useLayoutEffect(() => {
    const was = before.current;
    before.current = { rows, view, active };
    const scrolled = box.current?.scrollTop ?? 0;
    if (was.active !== active || was.view !== view) {
      if (place >= 0) {
        reveal(place);
      } else if (was.view !== view) {
        scrollTo(0);
      }
    } else if (was.rows !== rows && scrolled > 0) {
      const held = was.rows[Math.ceil(scrolled / ROW)];
      const from = was.rows.findIndex(call => call.call === held?.call);
      const to = rows.findIndex(call => call.call === held?.call);
      if (to >= 0 && to !== from) {
        scrollTo(scrolled + (to - from) * ROW);
      }
    }
  }, [rows, view, active]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const targets: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place < 0 ? 0 : place - 1,
      PageDown: place + inSight,
      PageUp: place - inSight,
      Home: 0,
      End: rows.length - 1
    };
    const target = targets[event.key];
    if (target !== undefined) {
      const row = Math.max(Math.min(target, rows.length - 1), 0);
      const call = rows[row];
      if (call !== undefined) {
        onOpen(call.call, opened);
        reveal(row);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      const call = rows[place];
      if (call !== undefined) {
        toggle(call);
      }
    } else if (event.key === 'Escape' && opened) {
      onOpen(active, false);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const inDrawn = place >= first && place < first + drawn.length;
  return (
    <div
      ref={box}
      class="rlm-call-grid"
      role="grid"
      aria-label="Sub-calls"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={inDrawn ? `${id}-${String(active)}` : undefined}
      tabIndex={0}
      // JupyterLab would move between cells.
      data-lm-suppress-shortcuts
      style={{ height: `${String((inSight + 1) * ROW)}px` }}
      onScroll={event => {
        setTop(Math.floor(event.currentTarget.scrollTop / ROW));
      }}
      onKeyDown={onKeyDown}
    >
      <div class="rlm-call-row rlm-call-head" role="row" aria-rowindex={1}>
        {columns.map(column => (
          <Heading
            key={column.key}
            column={column}
            view={view}
            onSort={props.onSort}
          />
        ))}
      </div>
      <div
        role="rowgroup"
        class="rlm-call-rows"
        style={{ height: `${String(rows.length * ROW)}px` }}
        onClick={event => {
          const row = (event.target as Element).closest('[aria-rowindex]');
          const call = rows[Number(row?.getAttribute('aria-rowindex')) - 2];
          if (call !== undefined) {
            toggle(call);
          }
        }}
      >
        <div style={{ transform: `translateY(${String(first * ROW)}px)` }}>
          {drawn.map((call, offset) => (
            <Row
              key={call.call}
              id={`${id}-${String(call.call)}`}
              call={call}
              columns={columns}
              place={first + offset}
              selected={call.call === active}
            />
          ))}
        </div>
      </div>
      {rows.length === 0 && <p>No sub-call matches.</p>}
    </div>
  );
}

// While calls stream in, a row is drawn anew only when its own call has changed.
const Row = memo(function Row({
  id,
  call,
  columns,
  place,
  selected
}: {
  id: string;
  call: Call;
  columns: readonly Column[];
  place: number;
  selected: boolean;
}): VNode {
  return (
    <div
      id={id}
      class="rlm-call-row"
      role="row"
      aria-rowindex={place + 2}
      aria-selected={selected}
    >
      <Cells columns={columns} call={call} role="gridcell" />
    </div>
  );
});

function Heading({
  column,
  view,
  onSort
}: {
  column: Column;
  view: View;
  onSort: (column: Column) => void;
}): VNode {
  const sorted = view.column === column;
  const direction = view.descending ? 'descending' : 'ascending';
  return (
    <div
      class={classOf(column)}
      role="columnheader"
      aria-sort={sorted ? direction : 'none'}
    >
      <button
        type="button"
        title={column.title}
        onClick={() => {
          onSort(column);
        }}
      >
        {column.title}
        {sorted && (
          <span aria-hidden="true">{view.descending ? ' ▾' : ' ▴'}</span>
        )}
      </button>
    </div>
  );
}
