import type { Kernel } from '@jupyterlab/services';

/** The ids of the comms that are open in a kernel, of one target or all; null if it doesn't say. */
export async function commsOf(
  kernel: Kernel.IKernelConnection,
  target?: string
): Promise<readonly string[] | null> {
  try {
    const { content } = await kernel.requestCommInfo(
      target === undefined ? {} : { target_name: target }
    );
    return content.status === 'ok' ? Object.keys(content.comms) : null;
  } catch {
    return null;
  }
}
