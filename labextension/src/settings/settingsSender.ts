import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { JSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { commsOf } from '../shared/kernelComms';

const TARGET = 'rlm_magic.settings';
const NAMES = [
  'model',
  'sub_model',
  'approve',
  'usd',
  'tokens',
  'calls',
  'seconds'
] as const;

/** What a person has set; what is empty or zero is left to the kernel. */
export function settingValues(settings: ReadonlyPartialJSONObject): JSONObject {
  const values: JSONObject = {};
  for (const name of NAMES) {
    const value = settings[name];
    const set = typeof value === 'string' ? value.trim() : value;
    if (set && (typeof set === 'string' || typeof set === 'number')) {
      values[name] = set;
    }
  }
  return values;
}

/** Answers the kernels that ask for the settings, and tells them of changes as long as they listen. */
export class SettingsSender {
  private readonly comms = new Set<Kernel.IComm>();

  constructor(private readonly settings: Promise<ISettingRegistry.ISettings>) {
    void settings.then(({ changed }) => {
      changed.connect(() => {
        for (const comm of this.comms) {
          void this.send(comm);
        }
      });
    });
  }

  /** Serves the kernel of a session, and those that come after it. */
  serve(context: ISessionContext): void {
    void this.register(context.session?.kernel);
    context.kernelChanged.connect((_, { newValue }) => {
      void this.register(newValue);
    });
  }

  private async register(
    kernel: Kernel.IKernelConnection | null | undefined
  ): Promise<void> {
    if (!kernel?.handleComms) {
      return;
    }
    kernel.registerCommTarget(TARGET, comm => this.tell(comm));
    // A kernel asks once, and it may have asked a page that is gone.
    const asked = await commsOf(kernel, TARGET);
    for (const id of asked ?? []) {
      if (!kernel.isDisposed && !kernel.hasComm(id)) {
        await this.tell(kernel.createComm(TARGET, id));
      }
    }
  }

  /** Tells the settings, and each change of them until the kernel closes the comm. */
  private tell(comm: Kernel.IComm): Promise<void> {
    this.comms.add(comm);
    comm.onClose = () => {
      this.comms.delete(comm);
    };
    return this.send(comm);
  }

  private async send(comm: Kernel.IComm): Promise<void> {
    const { composite } = await this.settings;
    // A kernel that has restarted no longer knows its comms.
    if (comm.isDisposed) {
      this.comms.delete(comm);
    } else {
      comm.send({ kind: 'settings', values: settingValues(composite) });
    }
  }
}
