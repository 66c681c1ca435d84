/**
 * The boxes in which panels ask about code.
 *
 * Commands press their buttons rather than decide by themselves: what is approved is then what
 * the person has before them, edits included.
 */
const BOX = '.rlm-approval';

/** What has to be seen of a box that is too tall to be seen as a whole. */
const PARTS = '.rlm-chips, .rlm-asks, .rlm-decisions';

// Sizes are no whole numbers of pixels everywhere.
const WHOLE = 0.99;

const LONG_ENOUGH = 500; // milliseconds
const BETWEEN_LOOKS = 200; // milliseconds

/** Knows which boxes a person has before them, while it watches. */
export class BoxesInSight {
  /** Since when each element is in sight as a whole: Infinity where only a part of it is. */
  private readonly since = new Map<Element, number>();
  private readonly observer = new IntersectionObserver(
    entries => {
      entries.forEach(entry => {
        this.note(entry);
      });
    },
    { threshold: [0, WHOLE] }
  );
  private timer: number | undefined;

  /** To be called with whether there may be boxes, when that changes. */
  watch(needed: boolean): void {
    if (needed && this.timer === undefined) {
      this.timer = window.setInterval(() => {
        this.look();
      }, BETWEEN_LOOKS);
      this.look();
    } else if (!needed && this.timer !== undefined) {
      window.clearInterval(this.timer);
      this.timer = undefined;
      this.observer.disconnect();
      this.since.clear();
    }
  }

  /** The box with the focus, where some of it is in sight. */
  get focused(): Element | undefined {
    const box = document.activeElement?.closest(BOX);
    return box && this.since.has(box) ? box : undefined;
  }

  /** The one box in `node` that has been in sight long enough to be read; none where more have. */
  only(node: HTMLElement): Element | undefined {
    const [box, another] = [...node.querySelectorAll(BOX)].filter(
      box =>
        this.isWhole(box) ||
        [...box.querySelectorAll(PARTS)].every(part => this.isWhole(part))
    );
    return another ? undefined : box;
  }

  private isWhole(element: Element): boolean {
    const since = this.since.get(element) ?? Infinity;
    return performance.now() - since >= LONG_ENOUGH;
  }

  /** Panels draw their boxes when they like to. */
  private look(): void {
    for (const element of this.since.keys()) {
      if (!element.isConnected) {
        this.observer.unobserve(element);
        this.since.delete(element);
      }
    }
    for (const box of document.querySelectorAll(BOX)) {
      for (const element of [box, ...box.querySelectorAll(PARTS)]) {
        this.observer.observe(element);
      }
    }
  }

  private note(entry: IntersectionObserverEntry): void {
    const { target, isIntersecting, intersectionRatio, time } = entry;
    if (!isIntersecting) {
      this.since.delete(target);
    } else if (intersectionRatio < WHOLE) {
      this.since.set(target, Infinity);
    } else {
      this.since.set(target, Math.min(this.since.get(target) ?? time, time));
    }
  }
}

/** Does what a click does: nothing where the button is disabled. */
export function pressApprove(box: Element): void {
  box.querySelector<HTMLElement>('.rlm-primary:enabled')?.click();
}

/** Opens what the next box of the panel in `node` is in, and gives it the focus. */
export function goToApproval(node: HTMLElement): void {
  node.querySelector<HTMLElement>('.rlm-subtitle .rlm-link')?.click();
}
