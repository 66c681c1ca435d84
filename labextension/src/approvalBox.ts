/**
 * The boxes in which panels ask about code.
 *
 * Commands press their buttons rather than decide by themselves: what is approved is then what
 * the person has before them, edits included.
 */
const BOX = '.rlm-approval';

/** The box that has the focus, else the first one in `node`. */
export function approvalBox(node: HTMLElement | undefined): Element | null {
  return (
    document.activeElement?.closest(BOX) ?? node?.querySelector(BOX) ?? null
  );
}

export function pressApprove(box: Element): void {
  box.querySelector<HTMLElement>('.rlm-primary')?.click();
}

/** Opens what the next box of the panel in `node` is in, and gives it the focus. */
export function goToApproval(node: HTMLElement): void {
  node.querySelector<HTMLElement>('.rlm-header .rlm-link')?.click();
}
