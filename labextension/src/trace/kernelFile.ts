import type { Kernel } from '@jupyterlab/services';

const LONGEST = 64 * 2 ** 20; // bytes

/**
 * The text of a file of the kernel's machine; null where an idle kernel can't read it, or it is no
 * ordinary file of a reasonable size: the path is whatever a notebook says.
 */
export async function readByKernel(
  kernel: Kernel.IKernelConnection,
  path: string
): Promise<string | null> {
  if (kernel.status !== 'idle') {
    return null;
  }
  // A string of JSON is one of Python too.
  const file = `__import__("pathlib").Path(${JSON.stringify(path)}).expanduser()`;
  const read = '__import__("base64").b64encode(file.read_bytes()).decode()';
  const fits = `file.is_file() and file.stat().st_size <= ${String(LONGEST)}`;
  const encoded = `[${read} if ${fits} else None for file in [${file}]][0]`;
  const { content } = await kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    user_expressions: { encoded }
  }).done;
  const value = (
    content as {
      user_expressions?: { encoded?: { data?: { 'text/plain'?: string } } };
    }
  ).user_expressions?.encoded?.data?.['text/plain'];
  if (!value?.startsWith("'")) {
    return null;
  }
  const bytes = Uint8Array.from(atob(value.replaceAll("'", '')), character =>
    character.charCodeAt(0)
  );
  return new TextDecoder().decode(bytes);
}
