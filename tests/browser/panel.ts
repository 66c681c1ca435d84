import type { Locator } from '@playwright/test';

/** The panel of a run, live or saved, by what a person is told of it. */
export class PanelInCell {
  readonly panel: Locator;
  /** The box that asks about a block of code. */
  readonly approval: Locator;
  readonly editor: Locator;
  readonly note: Locator;
  readonly status: Locator;
  readonly answer: Locator;
  /** The button that ends the run, whatever it does. */
  readonly stop: Locator;

  constructor(output: Locator) {
    this.panel = output.getByRole('region', { name: 'RLM run' });
    this.approval = this.panel.getByRole('group', {
      name: /^Approval of step \d+$/
    });
    this.editor = this.approval.getByRole('textbox', { name: 'Code' });
    this.note = this.approval.getByRole('textbox', { name: 'Note' });
    this.status = this.panel.getByRole('status').first();
    this.answer = this.panel.getByRole('region', { name: 'Answer' });
    this.stop = this.panel
      .locator('header')
      .getByRole('button', { name: 'Stop', exact: true });
  }

  /** A button of the box, by its exact name. */
  button(
    name:
      | 'Approve'
      | 'Approve edited'
      | 'Reject'
      | 'Approve all code in this run'
      | 'Stop'
  ): Locator {
    return this.approval.getByRole('button', { name, exact: true });
  }

  /** The box of a step. */
  asked(step: number): Locator {
    return this.panel.getByRole('group', {
      name: `Approval of step ${String(step)}`
    });
  }
}
