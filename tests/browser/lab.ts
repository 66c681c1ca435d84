import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  test as base,
  type Browser,
  type BrowserContext,
  expect,
  type Page
} from '@playwright/test';

import { Models } from './models';
import { Notebook } from './notebook';

declare global {
  interface Window {
    jupyterapp: JupyterFrontEnd;
  }
}

export const SERVER = process.env['RLM_LAB_URL'] ?? '';

/** A page that JupyterLab or Notebook 7 is opened in, and the errors there that are ours. */
interface Tab {
  readonly page: Page;
  readonly errors: string[];
}

interface Fixtures {
  /** JupyterLab without open documents, on a page that other tests have used. */
  lab: Page;
  /** JupyterLab on a page of its own, which may be reloaded and closed. */
  freshLab: Page;
  /** A page that shows nothing yet, for what is not opened as the others are. */
  emptyPage: Page;
  /** The id of a kernel of its own, which may be restarted. */
  freshKernel: string;
  /** The scripted model server, which has forgotten all. */
  models: Models;
  /** Opens a notebook with these cells, its kernel as good as new, in `lab`. */
  notebook: (...cells: readonly string[]) => Promise<Notebook>;
}

interface WorkerFixtures {
  context_: BrowserContext;
  sharedTab: Tab;
  /** The id of a kernel that is used by all tests, one after the other. */
  kernel: string;
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

async function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width: 1280, height: 800 } });
}

async function openTab(browser: BrowserContext): Promise<Tab> {
  const page = await browser.newPage();
  return { page, errors: recordOurErrors(page) };
}

/** Waits until JupyterLab, or Notebook 7, has been loaded. */
export async function loaded(page: Page): Promise<void> {
  await page.waitForFunction(() => 'jupyterapp' in window);
  await page.evaluate(() => window.jupyterapp.restored.then(() => null));
}

async function openLab(page: Page): Promise<void> {
  await page.goto(`${SERVER}/lab?reset`);
  await loaded(page);
}

/** Has a kernel import what takes seconds the first time. */
async function warmUp(page: Page, id: string): Promise<void> {
  await page.evaluate(async id => {
    const { kernels } = window.jupyterapp.serviceManager;
    const kernel = kernels.connectTo({ model: { id, name: 'python3' } });
    const code =
      'import matplotlib.pyplot, rlm_magic.notebook.cell\n' +
      'from rlm_magic.models.provider import load_litellm\n' +
      'load_litellm()';
    await kernel.requestExecute({ code, silent: true }).done;
    kernel.dispose();
  }, id);
}

async function withKernel(
  page: Page,
  use: (id: string) => Promise<void>
): Promise<void> {
  const response = await fetch(`${SERVER}/api/kernels`, {
    method: 'POST',
    body: JSON.stringify({ name: 'python3' })
  });
  const { id } = (await response.json()) as { id: string };
  await warmUp(page, id);
  await use(id);
  await fetch(`${SERVER}/api/kernels/${id}`, { method: 'DELETE' });
}

/** Closes what is open, and asks nothing about it. */
async function closeAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const widget of [...window.jupyterapp.shell.widgets('main')]) {
      widget.dispose();
    }
  });
}

/** Each test fails when our extension or our widget logs an error. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  context_: [
    async ({ browser }, use) => {
      const context = await newContext(browser);
      await use(context);
      await context.close();
    },
    { scope: 'worker' }
  ],
  sharedTab: [
    async ({ context_ }, use) => {
      const tab = await openTab(context_);
      await openLab(tab.page);
      await use(tab);
    },
    { scope: 'worker', timeout: 60_000 }
  ],
  kernel: [
    async ({ sharedTab: { page } }, use) => {
      await withKernel(page, use);
    },
    { scope: 'worker', timeout: 60_000 }
  ],
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  models: async ({}, use) => {
    const models = new Models();
    await models.reset();
    await use(models);
    await models.reset();
  },
  lab: async ({ sharedTab: { page, errors } }, use) => {
    errors.length = 0;
    await use(page);
    expect(errors).toEqual([]);
    await closeAll(page);
  },
  emptyPage: async ({ page }, use) => {
    const errors = recordOurErrors(page);
    await use(page);
    expect(errors).toEqual([]);
  },
  freshLab: async ({ emptyPage }, use) => {
    await openLab(emptyPage);
    await use(emptyPage);
  },
  freshKernel: async ({ sharedTab: { page } }, use) => {
    await withKernel(page, use);
  },
  notebook: async ({ lab, kernel }, use) => {
    await use((...cells) => Notebook.open(lab, kernel, cells));
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
