import type { DocumentRegistry } from '@jupyterlab/docregistry';

/**
 * The traces of runs: one event a line, as JSON.
 *
 * The text format is stated because the server cannot guess it from the name.
 */
export const traceFileType: DocumentRegistry.IFileType = {
  name: 'rlm-trace',
  displayName: 'RLM Trace',
  extensions: ['.rlm.jsonl'],
  mimeTypes: ['application/jsonl'],
  contentType: 'file',
  fileFormat: 'text'
};
