/** Says in the title of the browser's tab that a question of a live run waits. */
import { page } from './page';

const PREFIX = '● Approval needed: ';

let observer: MutationObserver | null = null;

/**
 * Brings the title up to date. Every widget may have a module of its own: what they share is the
 * page, so each looks at all runs of it. JupyterLab writes the title anew now and then.
 */
export function updateTitle(): void {
  const waits = [...page().runs].some(
    ({ source }) => source.controls && source.tree.questions.length > 0
  );
  const { title } = document;
  if (waits) {
    if (!title.startsWith(PREFIX)) {
      document.title = PREFIX + title;
    }
    observer ??= observe();
  } else if (observer) {
    observer.disconnect();
    observer = null;
    if (title.startsWith(PREFIX)) {
      document.title = title.slice(PREFIX.length);
    }
  }
}

function observe(): MutationObserver {
  const made = new MutationObserver(updateTitle);
  made.observe(document.head, {
    childList: true,
    characterData: true,
    subtree: true
  });
  return made;
}
