import type { VNode } from 'preact';

import { Python } from '../formats/python';
import { revealed } from '../hidden';
import type { Text } from '../state';
import { type Field, LongText } from './LongText';

/** Code that is only read, with its hidden characters made visible. */
export function LongCode(props: {
  text: Text;
  seq: number | null;
  field?: Field;
}): VNode {
  return (
    <LongText {...props}>
      {code => (
        <pre class="rlm-code">
          <Python code={revealed(code)} />
        </pre>
      )}
    </LongText>
  );
}
