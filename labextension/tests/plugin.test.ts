import type { JupyterFrontEnd } from '@jupyterlab/application';
import { describe, expect, it, vi } from 'vitest';

import plugin from '../src';
import { traceFileType } from '../src/traceFileType';

describe('the plugin', () => {
  it('starts by itself and registers the trace file type', async () => {
    const addFileType = vi.fn();
    const app = { docRegistry: { addFileType } } as unknown as JupyterFrontEnd;

    expect(plugin.autoStart).toBe(true);
    await plugin.activate(app);

    expect(addFileType).toHaveBeenCalledExactlyOnceWith(traceFileType);
  });
});

describe('the trace file type', () => {
  it('is text, so that JupyterLab never asks the server to guess', () => {
    expect(traceFileType.fileFormat).toBe('text');
  });

  it('claims traces and leaves other JSON lines alone', () => {
    expect(traceFileType.extensions).toEqual(['.rlm.jsonl']);
  });
});
