/** What a step consists of, in the order of the reply: words, code, and what became of it. */
import { splitReply } from './reply';
import type { Block, Call, Step } from './state';
import { startOf } from './text';

export type Part =
  | { readonly kind: 'words'; readonly text: string }
  /** Code that is still being written. */
  | { readonly kind: 'fence'; readonly text: string }
  | { readonly kind: 'block'; readonly block: Block; readonly place: number };

/**
 * Each block takes the place of the fence that it came from, so that nothing moves when a reply
 * is complete. A fence that did not become a block belongs to the words.
 */
export function arrange({ reply, replySeq, blocks }: Step): readonly Part[] {
  const parts: Part[] = [];
  let next = 0;
  const writing = replySeq === null;
  const text = startOf(reply);
  // A fence of which only a part has come would be a line of words, or of the code, for a moment.
  for (const part of splitReply(
    writing ? text.replace(/(^|\n)[ \t]*[`~]+$/, '') : text
  )) {
    const block = blocks[next];
    if (part.kind === 'words') {
      parts.push(part);
    } else if (block && isSame(part.text, startOf(block.code))) {
      parts.push({ kind: 'block', block, place: next });
      next += 1;
    } else if (writing) {
      parts.push({ kind: 'fence', text: part.text });
    } else {
      parts.push({ kind: 'words', text: part.source });
    }
  }
  const rest = blocks.slice(next).map((block, place) => ({
    kind: 'block' as const,
    block,
    place: next + place
  }));
  return [...parts, ...rest];
}

/** The calls of each block: those that began after it was proposed and before the next was. */
export function callsByBlock(
  blocks: readonly Block[],
  calls: readonly Call[]
): readonly (readonly Call[])[] {
  if (blocks.length < 2) {
    return [calls];
  }
  return blocks.map((block, place) => {
    const from = place === 0 ? 0 : block.proposedSeq;
    const to = blocks[place + 1]?.proposedSeq ?? Infinity;
    return calls.filter(({ promptSeq }) => promptSeq > from && promptSeq < to);
  });
}

/** The first line of what was said, or else of the code, as one plain line. */
export function summary(parts: readonly Part[]): string {
  const [first] = parts;
  const text =
    first?.kind === 'block' ? startOf(first.block.code) : (first?.text ?? '');
  return (
    text
      .split('\n', 20)
      .find(line => line.trim())
      ?.slice(0, 200)
      .replace(/^[\s#>*-]+|[`*]/g, '') ?? ''
  );
}

function isSame(fence: string, code: string): boolean {
  const [one, other] = [fence, code].map(text => text.replace(/\s+/g, ''));
  return (
    one === other ||
    (code.length > 10_000 && one?.startsWith(other ?? '')) === true
  );
}
