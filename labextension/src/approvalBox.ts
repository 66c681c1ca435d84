/**
 * The boxes in which panels ask about code.
 *
 * Commands press their buttons rather than decide by themselves: what is approved is then what
 * the person has before them, edits included.
 */
const BOX = '.rlm-approval';

export function focusedBox(): Element | null {
  return document.activeElement?.closest(BOX) ?? null;
}

export function boxIn(node: HTMLElement | undefined): Element | null {
  return node?.querySelector(BOX) ?? null;
}

export function pressApprove(box: Element): void {
  box.querySelector<HTMLElement>('.rlm-primary')?.click();
}

/** Opens what the next box of the panel in `node` is in, and gives it the focus. */
export function goToApproval(node: HTMLElement): void {
  node.querySelector<HTMLElement>('.rlm-header .rlm-link')?.click();
}
