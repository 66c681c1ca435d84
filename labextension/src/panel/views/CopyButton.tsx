import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import { copy } from './copy';

export function CopyButton({ text }: { text: string }): VNode {
  const [copied, setCopied] = useState('');
  return (
    <button
      type="button"
      class="rlm-link rlm-copy"
      onClick={() => {
        void copy(text).then(done => {
          setCopied(done ? text : '');
        });
      }}
    >
      {copied === text ? 'Copied' : 'Copy'}
    </button>
  );
}
