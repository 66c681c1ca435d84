import { PathExt } from '@jupyterlab/coreutils';

/**
 * Where the server may show the file `trace`; null where it is outside of what the server shows.
 *
 * `root` is the server's folder as it tells it; in it as in `trace`, `~` is the home of the user.
 * `folder` is the notebook's, as the server shows it, where the kernel runs.
 */
export function contentsPath(
  trace: string,
  root: string,
  folder: string
): string | null {
  const path = trace.replaceAll('\\', '/');
  if (!/^(\/|~\/|[A-Za-z]:)/.test(path)) {
    const joined = PathExt.join(folder, path);
    return joined.startsWith('..') ? null : joined;
  }
  const shown = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`;
  const [, inHome] =
    (path.startsWith('~') ? null : /^~(.+)$/.exec(shown)) ?? [];
  const at = inHome ? path.indexOf(inHome) : path.startsWith(shown) ? 0 : -1;
  return at < 0 ? null : path.slice(at + (inHome ?? shown).length);
}
