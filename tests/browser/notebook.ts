import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JSHandle, Locator, Page } from '@playwright/test';

import { PanelInCell } from './panel';

// As good as new: nothing is left of what earlier tests have bound and configured.
const SET_UP = `
def _set_up():
    import gc, os, shutil
    gc.freeze()  # a reset collects garbage, which takes long among all that litellm has loaded
    shell = get_ipython()
    shell.extension_manager.unload_extension("rlm_magic")
    shell.configurables[:] = [it for it in shell.configurables if type(it).__name__ != "RLMMagics"]
    shell.config.pop("RLMMagics", None)
    shell.reset(new_session=True)
    shell.extension_manager.load_extension("rlm_magic")
    magics = next(it for it in shell.configurables if type(it).__name__ == "RLMMagics")
    magics.model = "openai/scripted"
    shutil.rmtree(os.environ["RLM_TRACE_DIR"], ignore_errors=True)
_set_up()
`;

let opened = 0;

/** The text of a notebook file with these code cells. */
export function notebookText(cells: readonly string[]): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: cells.map((source, index) => ({
      id: `cell-${String(index)}`,
      cell_type: 'code',
      source,
      metadata: {},
      outputs: [],
      execution_count: null
    }))
  });
}

/** A notebook that is open in a page, and its kernel. */
export class Notebook {
  private constructor(
    readonly page: Page,
    readonly path: string,
    private panel: JSHandle<NotebookPanel>
  ) {}

  /** Makes a notebook, and opens it with that kernel, which is made as good as new. */
  static async open(
    page: Page,
    kernel: string,
    cells: readonly string[]
  ): Promise<Notebook> {
    opened += 1;
    const path = `notebook-${String(opened)}.ipynb`;
    await save(page, path, notebookText(cells));
    const notebook = await Notebook.reopen(page, path, kernel);
    await notebook.setUp();
    return notebook;
  }

  /** Opens a notebook that there is, or finds it where it is open. */
  static async reopen(
    page: Page,
    path: string,
    kernel?: string
  ): Promise<Notebook> {
    const panel = await page.evaluateHandle(
      async ({ path, kernel }) => {
        const { commands, shell } = window.jupyterapp;
        const wanted = kernel === undefined ? {} : { kernel: { id: kernel } };
        const opened = ([...shell.widgets('main')] as NotebookPanel[]).find(
          widget => 'context' in widget && widget.context.path === path
        );
        const panel =
          opened ??
          ((await commands.execute('docmanager:open', {
            path,
            ...wanted
          })) as NotebookPanel);
        await panel.context.ready;
        await panel.sessionContext.ready;
        if (opened && kernel !== undefined) {
          await opened.sessionContext.changeKernel({ id: kernel });
        }
        return panel;
      },
      { path, kernel }
    );
    return new Notebook(page, path, panel);
  }

  /** Makes the kernel as good as new, with the scripted model as its default. */
  async setUp(): Promise<void> {
    await this.request(SET_UP, '0');
  }

  /** The place of a cell in the page; cells are counted from 0. */
  cell(index: number): Locator {
    return this.page
      .locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell')
      .nth(index);
  }

  /** What a cell shows below its code. */
  output(index: number): Locator {
    return this.cell(index).locator('.jp-Cell-outputArea');
  }

  /** The panel of the run of a cell. */
  run(index: number): PanelInCell {
    return new PanelInCell(this.output(index));
  }

  /** Makes a cell the active one. */
  async select(index: number): Promise<void> {
    await this.panel.evaluate(({ content }, index) => {
      content.deselectAll();
      content.activeCellIndex = index;
    }, index);
  }

  /** Begins to run a cell. */
  async start(index: number): Promise<PanelInCell> {
    await this.select(index);
    await this.panel.evaluate(() => {
      void window.jupyterapp.commands.execute('notebook:run-cell');
    });
    return this.run(index);
  }

  /** The value of an expression in the kernel, once no cell runs. */
  async evaluate(expression: string): Promise<unknown> {
    const hex = `__import__("json").dumps(${expression}).encode().hex()`;
    const shown = await this.request('', hex);
    return JSON.parse(Buffer.from(shown.slice(1, -1), 'hex').toString());
  }

  /** Runs code in the kernel, as no cell; the test fails when it raises. */
  async execute(code: string): Promise<void> {
    await this.request(code, '0');
  }

  /** Waits until no cell runs. */
  async idle(): Promise<void> {
    await this.request('', '0');
  }

  private async request(code: string, expression: string): Promise<string> {
    return this.panel.evaluate(
      async ({ sessionContext }, { code, expression }) => {
        const ask = async () => {
          const future = sessionContext.session?.kernel?.requestExecute({
            code,
            silent: true,
            store_history: false,
            user_expressions: { value: expression }
          });
          return (await future?.done)?.content;
        };
        let content = await ask();
        // A cell that fails takes along what waits behind it.
        while (content?.status === ('aborted' as string)) {
          content = await ask();
        }
        if (content?.status !== 'ok') {
          throw new Error(JSON.stringify(content));
        }
        const value = content.user_expressions['value'] as {
          status: string;
          data: Record<string, string>;
        };
        if (value.status !== 'ok') {
          throw new Error(JSON.stringify(value));
        }
        return value.data['text/plain'] ?? '';
      },
      { code, expression }
    );
  }

  /** Restarts the kernel, which then knows nothing of what was in it. */
  async restart(): Promise<void> {
    await this.panel.evaluate(async ({ sessionContext }) => {
      await sessionContext.session?.kernel?.restart();
    });
  }

  /** Whether the page holds what the file doesn't. */
  async dirty(): Promise<boolean | undefined> {
    return this.panel.evaluate(({ model }) => model?.dirty);
  }

  /** The file, as the server has it. */
  async saved(): Promise<string> {
    return this.page.evaluate(async path => {
      const { contents } = window.jupyterapp.serviceManager;
      const file = await contents.get(path, {
        type: 'file',
        format: 'text',
        content: true
      });
      return file.content as string;
    }, this.path);
  }

  /** Closes it without a question; its kernel lives on. */
  async close(): Promise<void> {
    await this.panel.evaluate(panel => {
      panel.dispose();
    });
  }

  async save(): Promise<void> {
    await this.panel.evaluate(async ({ context }) => {
      await context.save();
    });
  }
}

async function save(page: Page, path: string, text: string): Promise<void> {
  await page.evaluate(
    async ([path, text]) => {
      await window.jupyterapp.serviceManager.contents.save(path, {
        type: 'file',
        format: 'text',
        content: text
      });
    },
    [path, text] as const
  );
}
