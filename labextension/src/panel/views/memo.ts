import { type ComponentType, h, type VNode } from 'preact';
import { useMemo } from 'preact/hooks';

/** `View`, drawn anew only when one of its properties is another object or value. */
export function memo<P extends object>(
  View: ComponentType<P>
): (props: P) => VNode {
  return props =>
    useMemo(() => h(View as ComponentType, props), Object.values(props));
}
