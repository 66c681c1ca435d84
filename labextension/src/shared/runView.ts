import { mountPanel } from '../panel';
import type { RunSource } from '../panel/source';

/** The panel of a run in an element of JupyterLab, or one sentence where it can't be read. */
export class RunView {
  private source: RunSource | null = null;
  private unmount: (() => void) | null = null;

  constructor(private readonly node: HTMLElement) {}

  /** `read` raises an Error with a sentence to show; `hint` is what to do then. */
  draw(read: () => RunSource, hint = ''): void {
    try {
      this.source = read();
    } catch (error) {
      this.dispose();
      const sentence = document.createElement('p');
      sentence.className = 'rlm-Unreadable';
      sentence.textContent = `${(error as Error).message} ${hint}`.trimEnd();
      this.node.replaceChildren(sentence);
      return;
    }
    if (!this.unmount) {
      this.node.replaceChildren();
    }
    // Drawn again in the same element, a panel keeps what is open in it.
    this.unmount = mountPanel(this.node, this.source);
  }

  /** Whether the run that is shown has come to its end. */
  get ended(): boolean {
    const { runs, root } = this.source?.tree ?? {};
    return (runs?.get(root ?? '')?.status ?? null) !== null;
  }

  dispose(): void {
    this.unmount?.();
    this.unmount = null;
    this.source = null;
  }
}
