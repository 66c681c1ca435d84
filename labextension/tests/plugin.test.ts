import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { CommandIds } from '../src/shared/tokens';
import { traceFileType } from '../src/trace/traceFileType';

function schema(name: string): Record<string, unknown> {
  const url = new URL(`../schema/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf-8')) as Record<string, unknown>;
}

describe('the shortcuts', () => {
  it('are one for each command', () => {
    const shortcuts = schema('commands')['jupyter.lab.shortcuts'] as {
      command: string;
      keys: string[];
    }[];

    expect(shortcuts.map(({ command }) => command).sort()).toEqual(
      Object.values(CommandIds).sort()
    );
    expect(new Set(shortcuts.map(({ keys }) => keys.join())).size).toBe(
      shortcuts.length
    );
  });
});

describe('the settings', () => {
  it('have a title, a description, and a default that leaves all to the kernel', () => {
    const { properties } = schema('settings') as {
      properties: Record<string, Record<string, unknown>>;
    };

    for (const property of Object.values(properties)) {
      expect(property['title']).toBeTruthy();
      expect(property['description']).toBeTruthy();
      expect(property['default']).toBeFalsy();
    }
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

describe('the packages that JupyterLab shares', () => {
  it('may be as old as our dependencies may be, not only as new as those of the build', () => {
    const text = readFileSync(
      new URL('../../package.json', import.meta.url),
      'utf-8'
    );
    const { dependencies, jupyterlab } = JSON.parse(text) as {
      dependencies: Record<string, string>;
      jupyterlab: {
        sharedPackages: Record<string, { requiredVersion: string }>;
      };
    };

    for (const [name, shared] of Object.entries(jupyterlab.sharedPackages)) {
      expect(shared.requiredVersion).toBe(dependencies[name]);
    }
  });
});
