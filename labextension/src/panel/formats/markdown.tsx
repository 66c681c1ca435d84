/**
 * Markdown of models and people as nodes of our own making: HTML in it is never more than text.
 *
 * It is read in time that grows with its length alone, whatever it holds.
 */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';

import { blocks } from './markdown/blocks';

const LONGEST = 20_000; // characters that are read as Markdown

export function Markdown({ text }: { text: string }): VNode {
  const nodes = useMemo(
    () => blocks(text.slice(0, LONGEST).split(/\r?\n/)),
    [text]
  );
  return (
    <div class="rlm-markdown">
      {nodes}
      {text.length > LONGEST && (
        <p class="rlm-markdown-plain">{text.slice(LONGEST)}</p>
      )}
    </div>
  );
}
