import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { test as base, expect, type Page } from '@playwright/test';

declare global {
  interface Window {
    jupyterapp: JupyterFrontEnd;
  }
}

/** What the browser reports as an error, when our code or our name is in it. */
function recordOurErrors(page: Page): string[] {
  const errors: string[] = [];
  const record = (text: string): void => {
    if (/rlm-magic|rlm_magic/.test(text)) {
      errors.push(text);
    }
  };
  page.on('console', message => {
    if (message.type() === 'error') {
      record(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', error => {
    record(error.stack ?? error.message);
  });
  return errors;
}

/** A page with JupyterLab in a clean workspace; the test fails when our extension logs an error. */
export const test = base.extend<{ lab: Page }>({
  lab: async ({ page }, use) => {
    const errors = recordOurErrors(page);
    await page.goto(`${process.env['RLM_LAB_URL'] ?? ''}/lab?reset`);
    await page.waitForFunction(() => 'jupyterapp' in window);
    await page.evaluate(() => window.jupyterapp.restored.then(() => null));
    await use(page);
    expect(errors).toEqual([]);
  }
});

export { expect };

/** Saves a text file in the folder that the server shows. */
export async function saveFile(
  lab: Page,
  path: string,
  content: string
): Promise<void> {
  await lab.evaluate(
    async ([path, content]) => {
      await window.jupyterapp.serviceManager.contents.save(path, {
        type: 'file',
        format: 'text',
        content
      });
    },
    [path, content] as const
  );
}

/** Saves a notebook, opens it, waits for its kernel, and begins to run all its cells. */
export async function runNotebook(
  lab: Page,
  path: string,
  content: string
): Promise<void> {
  await saveFile(lab, path, content);
  await lab.evaluate(async path => {
    const { commands } = window.jupyterapp;
    const panel = (await commands.execute('docmanager:open', {
      path,
      kernel: { name: 'python3' }
    })) as IDocumentWidget;
    const { sessionContext } = panel.context;
    await sessionContext.ready;
    await sessionContext.session?.kernel?.info;
    void commands.execute('notebook:run-all-cells');
  }, path);
}
