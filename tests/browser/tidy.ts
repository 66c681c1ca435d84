import type { Page } from '@playwright/test';

/** Leaves nothing in JupyterLab but the document that is open. */
export async function tidy(lab: Page): Promise<void> {
  await lab.evaluate(async () => {
    const { commands, shell } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) {
      if (widget.title.label === 'Launcher') {
        widget.dispose();
      }
    }
    await commands.execute('application:toggle-left-area');
  });
}
