import { Component, type ComponentType, type VNode } from 'preact';

/** `View`, drawn anew only when one of its properties is another object or value. */
export function memo<P extends object>(
  View: (props: P) => VNode | null
): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const names = Object.keys(next) as (keyof P)[];
      return names.some(name => next[name] !== this.props[name]);
    }

    override render(): VNode | null {
      return View(this.props);
    }
  };
}
