import { CodeEditor, type IEditorFactoryService } from '@jupyterlab/codeeditor';

import { isSubmit } from '../panel/keys';
import type { Editor, EditorOptions } from '../panel/page';

/** JupyterLab's own editor for the code of a panel. */
export function createEditor(
  factory: IEditorFactoryService,
  options: EditorOptions
): Editor {
  const { host, text, label } = options;
  const model = new CodeEditor.Model({ mimeType: 'text/x-python' });
  const { sharedModel } = model;
  sharedModel.setSource(text);
  const editor = factory.newInlineEditor({
    host,
    model,
    config: { lineNumbers: false, lineWrap: true, codeFolding: false }
  });
  host.querySelector('.cm-content')?.setAttribute('aria-label', label);
  sharedModel.changed.connect(() => {
    options.onChange(sharedModel.getSource());
  });

  const keydown = (event: KeyboardEvent): void => {
    const submit = isSubmit(event);
    if (submit || event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (submit) {
        options.onSubmit();
      } else {
        options.onLeave();
      }
    }
  };
  // Before the editor, which has its own uses for these keys.
  host.addEventListener('keydown', keydown, true);
  return {
    get text() {
      return sharedModel.getSource();
    },
    focus: () => {
      editor.focus();
    },
    dispose: () => {
      host.removeEventListener('keydown', keydown, true);
      editor.dispose();
      model.dispose();
    }
  };
}
