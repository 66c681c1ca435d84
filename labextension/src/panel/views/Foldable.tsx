import type { ComponentChildren, VNode } from 'preact';

import { useFold } from '../store';

/** A line that opens and closes what is under it; a closed body is not drawn at all. */
export function Foldable(props: {
  name: string;
  open: boolean;
  class: string;
  head: (open: boolean) => ComponentChildren;
  children: () => ComponentChildren;
}): VNode {
  const [open, set] = useFold(props.name, props.open);
  return (
    <div class={props.class} data-open={open || undefined}>
      <button
        type="button"
        class="rlm-fold"
        aria-expanded={open}
        onClick={() => {
          set(!open);
        }}
      >
        <Chevron />
        {props.head(open)}
      </button>
      {open && <div class="rlm-body">{props.children()}</div>}
    </div>
  );
}

function Chevron(): VNode {
  return (
    <svg class="rlm-chevron" viewBox="0 0 10 10" aria-hidden="true">
      <path d="M3.5 2 6.5 5l-3 3" />
    </svg>
  );
}
