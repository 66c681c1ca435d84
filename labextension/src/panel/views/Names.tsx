import type { VNode } from 'preact';

const MOST = 12;

/** "Bound `a`, `b` and 3 more" */
export function Names(props: {
  verb: string;
  names: readonly string[];
}): VNode | null {
  const { verb, names } = props;
  if (names.length === 0) {
    return null;
  }
  const more = names.length - MOST;
  return (
    <span>
      {`${verb} `}
      {names.slice(0, MOST).map((name, place) => (
        <>
          {place > 0 && ', '}
          <code>{name}</code>
        </>
      ))}
      {more > 0 && ` and ${String(more)} more`}
    </span>
  );
}
