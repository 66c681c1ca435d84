/** Which calls a table shows, and in which order. */
import type { Call } from '../../state';
import { startOf } from '../../text';
import type { Column } from './columns';
import type { Kind } from './summary';

export interface View {
  readonly kind: Kind | 'all';
  readonly search: string;
  readonly column: Column;
  readonly descending: boolean;
}

export function choose(calls: readonly Call[], view: View): readonly Call[] {
  const { kind, column, descending } = view;
  const search = view.search.toLowerCase();
  const chosen =
    kind === 'all' && search === ''
      ? calls
      : calls.filter(
          call =>
            (kind === 'all' ||
              call.status === kind ||
              (kind === 'cached' && call.cached)) &&
            (search === '' || searched(call).includes(search))
        );
  // Calls come in the order of their start.
  if (column.key === 'call' && !descending) {
    return chosen;
  }
  const sign = descending ? -1 : 1;
  return chosen
    .map(call => ({ call, value: column.value(call) }))
    .sort((a, b) => sign * compare(a.value, b.value, sign))
    .map(({ call }) => call);
}

/** A call without a value comes last, whatever the direction. */
function compare<T extends string | number | null>(
  a: T,
  b: T,
  sign: number
): number {
  if (a === b) {
    return 0;
  }
  if (a === null || b === null) {
    return a === null ? sign : -sign;
  }
  return a < b ? -1 : 1;
}

const texts = new WeakMap<Call, string>();

function searched(call: Call): string {
  let text = texts.get(call);
  if (text === undefined) {
    text = [call.prompt, call.reply ?? '', call.error ?? '']
      .map(startOf)
      .join('\n')
      .toLowerCase();
    texts.set(call, text);
  }
  return text;
}
