/** When each call ran: parallelism at a look. */
import type { TargetedMouseEvent, VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import type { Call } from '../../state';
import { duration, number, preview } from '../../text';
import { useSeconds } from '../useClock';
import { WIDTH, callAt, chart, extentOf, paths, rowOf, tickOf } from './bars';
import { notesOf } from './summary';

// The later is drawn over the earlier: what went wrong is never covered.
const KINDS = ['done', 'cached', 'cancelled', 'running', 'failed'] as const;

export function Timeline({
  calls,
  now,
  active,
  onPick
}: {
  calls: readonly Call[];
  now: () => number;
  active: number | null;
  onPick: (call: Call) => void;
}): VNode {
  const running = calls.some(call => call.status === 'running');
  const second = useSeconds(running);
  const drawing = useMemo(() => {
    const drawn = chart(calls, now());
    return { ...drawn, paths: paths(drawn) };
  }, [calls, second]);
  const [under, setUnder] = useState<number | null>(null);
  const pointed = calls.find(call => call.call === under);

  const { rows, rowHeight, start, end } = drawing;
  const height = rows * rowHeight;
  const callUnder = (event: TargetedMouseEvent<SVGSVGElement>): Call | null => {
    const box = event.currentTarget.getBoundingClientRect();
    return callAt(
      drawing,
      ((event.clientX - box.left) / box.width) * WIDTH,
      Math.floor(((event.clientY - box.top) / box.height) * rows)
    );
  };
  const mark = (call: number | null): VNode | null => {
    const place = calls.findIndex(other => other.call === call);
    const found = calls[place];
    if (found === undefined) {
      return null;
    }
    const [from, to] = extentOf(drawing, found);
    const y = (rowOf(drawing, place) + 0.5) * rowHeight;
    return <path d={`M${String(from)} ${String(y)}H${String(to)}`} />;
  };
  const tick = tickOf(end - start);
  const ticks = Array.from(
    { length: Math.floor((end - start) / tick + 1.001) },
    (_, place) => place * tick
  );
  return (
    <div class="rlm-timeline">
      <svg
        role="img"
        aria-label={`${number(calls.length)} sub-calls, at most ${number(drawing.lanes.count)} at once, ${duration(Math.min(end, now()) - start)}`}
        viewBox={`0 0 ${String(WIDTH)} ${String(height)}`}
        preserveAspectRatio="none"
        style={{
          height: `${String(height)}px`,
          strokeWidth: rowHeight > 3 ? rowHeight - 1 : rowHeight
        }}
        onMouseMove={event => {
          setUnder(callUnder(event)?.call ?? null);
        }}
        onMouseLeave={() => {
          setUnder(null);
        }}
        onClick={event => {
          const call = callUnder(event);
          if (call !== null) {
            onPick(call);
          }
        }}
      >
        {KINDS.map(kind => (
          <path key={kind} data-kind={kind} d={drawing.paths[kind]} />
        ))}
        {mark(active)}
        {mark(under)}
      </svg>
      <div class="rlm-timeline-axis" aria-hidden="true">
        {ticks.map(seconds => (
          <span key={seconds} style={across(seconds / (end - start))}>
            {seconds === 0 ? '0' : duration(seconds).replace(/\.0| 0 s/, '')}
          </span>
        ))}
      </div>
      {pointed !== undefined && (
        <div
          class="rlm-timeline-tip"
          aria-hidden="true"
          style={across(((pointed.started ?? 0) - start) / (end - start))}
        >
          {[
            `#${String(pointed.call)} ${pointed.status}`,
            ...(pointed.seconds === null ? [] : [duration(pointed.seconds)]),
            ...notesOf(pointed),
            preview(pointed.prompt)
          ].join(' · ')}
        </div>
      )}
    </div>
  );
}

/** A place from 0 to 1; what stands there stays inside the edges. */
function across(place: number): { left: string; transform: string } {
  const percent = (Math.min(Math.max(place, 0), 1) * 100).toFixed(2);
  return { left: `${percent}%`, transform: `translateX(-${percent}%)` };
}
