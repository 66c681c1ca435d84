import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import { describe, expect, it, vi } from 'vitest';

import {
  settingValues,
  SettingsSender
} from '../../src/settings/settingsSender';

describe('the values for a kernel', () => {
  it('are those that a person has set', () => {
    const settings = {
      model: ' openai/gpt-5 ',
      sub_model: '',
      approve: 'risky',
      usd: 0.5,
      tokens: 0,
      calls: 0,
      seconds: 60
    };

    expect(settingValues(settings)).toEqual({
      model: 'openai/gpt-5',
      approve: 'risky',
      usd: 0.5,
      seconds: 60
    });
  });

  it('are none of what is not ours', () => {
    expect(settingValues({ api_key: 'secret' })).toEqual({});
  });
});

type Target = (comm: Kernel.IComm) => Promise<void>;

/** A kernel whose extension opens its comm when it is loaded; `opened` are those of before. */
function fakeKernel(opened: readonly string[] = []) {
  const targets = new Map<string, Target>();
  const comm = { send: vi.fn(), isDisposed: false, onClose: vi.fn() };
  const kernel = {
    handleComms: true,
    registerCommTarget: (name: string, target: Target) =>
      targets.set(name, target),
    requestCommInfo: () =>
      Promise.resolve({
        content: {
          status: 'ok',
          comms: Object.fromEntries(opened.map(id => [id, {}]))
        }
      }),
    hasComm: () => false,
    createComm: () => comm
  } as unknown as Kernel.IKernelConnection;
  const load = () =>
    targets.get('rlm_magic.settings')?.(comm as unknown as Kernel.IComm);
  return { kernel, comm, load };
}

function fakeSettings(composite: Record<string, unknown>) {
  const settings = { composite, changed: null as unknown };
  const changed = new Signal<typeof settings, void>(settings);
  settings.changed = changed;
  return {
    change: (next: Record<string, unknown>) => {
      settings.composite = next;
      changed.emit();
    },
    loaded: Promise.resolve(settings as unknown as ISettingRegistry.ISettings)
  };
}

function fakeSession(kernel: Kernel.IKernelConnection | null) {
  const context = { session: { kernel }, kernelChanged: null as unknown };
  const kernelChanged = new Signal<typeof context, unknown>(context);
  context.kernelChanged = kernelChanged;
  return { context: context as unknown as ISessionContext, kernelChanged };
}

describe('a kernel that asks for the settings', () => {
  it('gets them, and each later change', async () => {
    const settings = fakeSettings({ model: 'a/b' });
    const { kernel, comm, load } = fakeKernel();
    new SettingsSender(settings.loaded).serve(fakeSession(kernel).context);

    await load();
    settings.change({ model: 'c/d' });

    await vi.waitFor(() => {
      expect(comm.send.mock.calls).toEqual([
        [{ kind: 'settings', values: { model: 'a/b' } }],
        [{ kind: 'settings', values: { model: 'c/d' } }]
      ]);
    });
  });

  it('may come later than its session', async () => {
    const settings = fakeSettings({ model: 'a/b' });
    const { kernel, comm, load } = fakeKernel();
    const { context, kernelChanged } = fakeSession(null);
    new SettingsSender(settings.loaded).serve(context);

    kernelChanged.emit({ newValue: kernel });
    await load();

    expect(comm.send).toHaveBeenCalledOnce();
  });

  it('gets them from a page that was loaded after it had asked, too', async () => {
    const settings = fakeSettings({ model: 'a/b' });
    const { kernel, comm } = fakeKernel(['asked before']);
    new SettingsSender(settings.loaded).serve(fakeSession(kernel).context);

    await vi.waitFor(() => {
      expect(comm.send).toHaveBeenCalledOnce();
    });
    settings.change({ model: 'c/d' });

    await vi.waitFor(() => {
      expect(comm.send.mock.calls).toEqual([
        [{ kind: 'settings', values: { model: 'a/b' } }],
        [{ kind: 'settings', values: { model: 'c/d' } }]
      ]);
    });
  });

  it('gets nothing more once its comm is gone', async () => {
    const settings = fakeSettings({});
    const { kernel, comm, load } = fakeKernel();
    new SettingsSender(settings.loaded).serve(fakeSession(kernel).context);
    await load();

    comm.isDisposed = true;
    settings.change({ model: 'a/b' });
    await settings.loaded;

    expect(comm.send).toHaveBeenCalledOnce();
  });
});
