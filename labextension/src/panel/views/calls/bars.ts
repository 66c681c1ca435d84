/** The geometry of a timeline: a bar a call, as one SVG path for each kind of call. */
import type { Call } from '../../state';
import { lanesOf, type Lanes } from './lanes';
import type { Kind } from './summary';
import { kindOf } from './summary';

/** Units of the drawing from its left to its right edge. */
export const WIDTH = 2000;
const GAP = 2;
const HIGHEST = 48;
const MOST_ROWS = 24;

export interface Chart {
  readonly calls: readonly Call[];
  readonly lanes: Lanes;
  /** Lanes are drawn in so many rows of so many pixels: hundreds of lanes share rows. */
  readonly rows: number;
  readonly rowHeight: number;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Where a call that has not ended reaches to. */
  readonly now: number;
}

/** From and to, in units of the drawing. */
type Extent = [from: number, to: number];

interface Bar {
  readonly kind: Kind;
  readonly y: number;
  readonly extent: Extent;
}

export function chart(calls: readonly Call[], now: number): Chart {
  const lanes = lanesOf(calls);
  const start = calls[0]?.started ?? 0;
  let last = start + 0.001;
  let open = false;
  for (const call of calls) {
    last = Math.max(last, endOf(call, now));
    open ||= call.status === 'running';
  }
  // While calls run the axis grows by whole ticks, so that the bars seldom move.
  const tick = tickOf(last - start);
  const end = open ? start + Math.ceil((last - start) / tick) * tick : last;
  const rows = Math.min(lanes.count, MOST_ROWS);
  const rowHeight = Math.min(Math.floor(HIGHEST / rows), 8);
  return { calls, lanes, rows, rowHeight, start, end, now };
}

/** Divides `seconds` into at most five steps of 1, 2 or 5 times a power of ten, or of minutes. */
export function tickOf(seconds: number): number {
  const unit = seconds > 120 ? 60 : 1;
  const least = seconds / unit / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5].find(value => value * power >= least) ?? 10;
  return step * power * unit;
}

export function rowOf({ lanes, rows }: Chart, place: number): number {
  return Math.floor(((lanes.of[place] ?? 0) * rows) / lanes.count);
}

export function extentOf(chart: Chart, call: Call): Extent {
  const scale = WIDTH / (chart.end - chart.start);
  const from = Math.round(((call.started ?? 0) - chart.start) * scale);
  const to = Math.round((endOf(call, chart.now) - chart.start) * scale) - GAP;
  return [from, Math.max(to, from + (call.status === 'failed' ? 6 : 2))];
}

/** Bars that are too narrow to be told apart, or that share a row, are drawn as one. */
export function paths(chart: Chart): Partial<Record<Kind, string>> {
  const drawn: Partial<Record<Kind, string>> = {};
  const open = new Map<string, Bar>();
  const flush = ({ kind, y, extent: [from, to] }: Bar): void => {
    drawn[kind] =
      `${drawn[kind] ?? ''}M${String(from)} ${String(y)}H${String(to)}`;
  };
  chart.calls.forEach((call, place) => {
    const kind = kindOf(call);
    const y = (rowOf(chart, place) + 0.5) * chart.rowHeight;
    const extent = extentOf(chart, call);
    const [from, to] = extent;
    const key = `${kind} ${String(y)}`;
    const before = open.get(key);
    if (before && from <= before.extent[1] + (to - from <= GAP ? 1 : 0)) {
      before.extent[1] = Math.max(before.extent[1], to);
    } else {
      if (before) {
        flush(before);
      }
      open.set(key, { kind, y, extent });
    }
  });
  open.forEach(flush);
  return drawn;
}

/** The call whose bar is at, or nearest to, a place in units of the drawing. */
export function callAt(chart: Chart, x: number, row: number): Call | null {
  let nearest: Call | null = null;
  let least = 12;
  chart.calls.forEach((call, place) => {
    if (rowOf(chart, place) !== row) {
      return;
    }
    const [from, to] = extentOf(chart, call);
    const distance = Math.max(from - x, x - to, 0);
    if (distance <= least) {
      least = distance;
      nearest = call;
    }
  });
  return nearest;
}

function endOf(call: Call, now: number): number {
  const started = call.started ?? now;
  return call.seconds === null
    ? Math.max(now, started)
    : started + call.seconds;
}
