/** The output of a program with the colours that it asked for, and without anything else. */
import type { VNode } from 'preact';
import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';

import { runsOf } from './ansi/screen';
import { attributes, PLAIN } from './ansi/style';

export function Ansi({ text }: { text: string }): VNode {
  const runs = useMemo(() => runsOf(text), [text]);
  return (
    <Fragment>
      {runs.map(({ text, style }, place) =>
        style === PLAIN ? (
          text
        ) : (
          <span key={place} {...attributes(style)}>
            {text}
          </span>
        )
      )}
    </Fragment>
  );
}
