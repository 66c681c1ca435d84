/** Many calls: a line that sums them up and a timeline; the table is folded in. */
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import type { RunSource } from '../../source';
import type { Call, Run } from '../../state';
import { compact, duration, number } from '../../text';
import { count } from '../../words';
import { CallDetail } from './CallDetail';
import { CallGrid } from './CallGrid';
import type { Column } from './columns';
import { CALL, columnsFor } from './columns';
import type { Open } from './SubCalls';
import type { Kind, Summary } from './summary';
import { nameOf, summarise } from './summary';
import { Timeline } from './Timeline';
import type { View } from './view';
import { choose } from './view';

const KINDS: readonly Kind[] = [
  'running',
  'failed',
  'cancelled',
  'done',
  'cached'
];

export function ManyCalls({
  run,
  calls,
  repeats,
  source,
  active,
  opened,
  onOpen
}: {
  run: Run;
  calls: readonly Call[];
  repeats: number;
  source: RunSource;
  /** The call that is selected, and whether the whole of it is shown. */
  active: number | null;
  opened: boolean;
  onOpen: Open;
}): VNode {
  const [unfolded, setUnfolded] = useState(active !== null);
  const [view, setView] = useState<View>({
    kind: 'all',
    search: '',
    column: CALL,
    descending: false
  });
  const summary = useMemo(() => summarise(calls), [calls]);
  const rows = useMemo(
    () => (unfolded ? choose(calls, view) : []),
    [calls, view, unfolded]
  );
  const { hasPrices, hasNotes } = summary;
  const columns = useMemo(() => columnsFor(summary), [hasPrices, hasNotes]);
  const shown = opened ? calls.find(call => call.call === active) : undefined;
  const sort = (column: Column): void => {
    const descending =
      view.column === column
        ? !view.descending
        : column.numeric && column !== CALL;
    setView({ ...view, column, descending });
  };
  return (
    <>
      <button
        type="button"
        class="rlm-calls-summary"
        aria-expanded={unfolded}
        onClick={() => {
          setUnfolded(!unfolded);
        }}
      >
        <strong>{`${number(calls.length)} sub-calls`}</strong>
        <Facts summary={summary} total={calls.length} repeats={repeats} />
      </button>
      {typeof calls[0]?.started === 'number' && (
        <Timeline
          calls={calls}
          now={() => run.ended ?? source.now()}
          active={unfolded ? active : null}
          onPick={call => {
            setUnfolded(true);
            onOpen(call.call, opened);
          }}
        />
      )}
      {unfolded && (
        <>
          <Filters
            summary={summary}
            total={calls.length}
            view={view}
            onView={setView}
          />
          <CallGrid
            rows={rows}
            total={calls.length}
            columns={columns}
            view={view}
            active={active}
            opened={opened}
            onSort={sort}
            onOpen={onOpen}
          />
          {shown !== undefined && (
            <CallDetail key={shown.call} call={shown} source={source} />
          )}
        </>
      )}
    </>
  );
}

/** What is not plain from the number of calls. */
function Facts(props: {
  summary: Summary;
  total: number;
  repeats: number;
}): VNode {
  const { summary, total, repeats } = props;
  const { counts, median, slowest, tokens, cached, retries } = summary;
  return (
    <>
      {repeats > 0 && <span>{`${count(repeats, 'repeat')} not sent`}</span>}
      {KINDS.filter(
        kind => counts[kind] > 0 && !(kind === 'done' && counts.done === total)
      ).map(kind => (
        <span key={kind} data-kind={kind}>
          {`${number(counts[kind])} ${nameOf(kind)}`}
        </span>
      ))}
      {retries > 0 && <span>{count(retries, 'retry', 'retries')}</span>}
      {median !== null && slowest !== null && (
        <span>{`median ${duration(median)}, slowest ${duration(slowest)}`}</span>
      )}
      {tokens > 0 && (
        <span>
          {`${compact(tokens)} tokens`}
          {cached > 0 && ` (${compact(cached)} cached)`}
        </span>
      )}
    </>
  );
}

function Filters({
  summary,
  total,
  view,
  onView
}: {
  summary: Summary;
  total: number;
  view: View;
  onView: (view: View) => void;
}): VNode {
  const { counts } = summary;
  const kinds = KINDS.filter(kind => counts[kind] > 0 || kind === view.kind);
  const label = summary.isCut ? 'Search the previews' : 'Search';
  return (
    <div class="rlm-calls-filters">
      {(['all', ...kinds] as const).map(kind => (
        <button
          key={kind}
          type="button"
          data-kind={kind === 'all' ? undefined : kind}
          aria-pressed={view.kind === kind}
          onClick={() => {
            onView({ ...view, kind });
          }}
        >
          {kind === 'all'
            ? `all ${number(total)}`
            : `${nameOf(kind)} ${number(counts[kind])}`}
        </button>
      ))}
      <input
        type="search"
        class="rlm-input"
        aria-label={label}
        placeholder={label}
        value={view.search}
        onInput={event => {
          onView({ ...view, search: event.currentTarget.value });
        }}
      />
    </div>
  );
}
