import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { type Editor, type EditorOptions, type Host, page } from '../../page';
import { plainEditor } from './plainEditor';

/**
 * The best editor that the page offers for `text`, which is read once. A better one that is offered
 * later takes over what is written, and the focus.
 */
export function CodeEditor(props: Omit<EditorOptions, 'host'>): VNode {
  const element = useRef<HTMLDivElement>(null);
  const text = useRef(props.text);
  const latest = useRef(props);
  latest.current = props;
  const better = useHost();
  useEffect(() => {
    const host = element.current;
    if (!host) {
      return;
    }
    const focused = host.contains(document.activeElement);
    const editor = create(better, {
      host,
      text: text.current,
      label: props.label,
      onChange(changed) {
        text.current = changed;
        latest.current.onChange(changed);
      },
      onSubmit() {
        latest.current.onSubmit();
      },
      onLeave() {
        latest.current.onLeave();
      }
    });
    if (focused) {
      editor.focus();
    }
    return () => {
      editor.dispose();
    };
  }, [better]);
  return <div class="rlm-editor" ref={element} />;
}

function create(host: Host | null, options: EditorOptions): Editor {
  try {
    if (host) {
      return host.createEditor(options);
    }
  } catch (error) {
    console.warn('rlm-magic: the editor of the extension failed', error);
    options.host.replaceChildren();
  }
  return plainEditor(options);
}

function useHost(): Host | null {
  const [host, set] = useState(() => page().host);
  useEffect(() => {
    const changed = (): void => {
      set(page().host);
    };
    changed();
    return page().subscribe(changed);
  }, []);
  return host;
}
