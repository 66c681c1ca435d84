/**
 * Words in a line: emphasis, code, links. One pass over the text; a mark that finds no partner is
 * shown as it was written, and so is every link that leads elsewhere than to the web.
 */
import type { ComponentChild, ComponentChildren } from 'preact';

import { decoded } from './entities';

const DEEPEST = 20;
const LETTER = /[\p{L}\p{N}]/u;
const SAFE = /^(?:https?:\/\/|mailto:)/i;

// Code, an escaped sign, a link's middle and end, a link's start, an address, marks of emphasis.
const TOKEN =
  /(?=(?<ticks>`+))\k<ticks>(?<code>[^`]+)\k<ticks>(?!`)|`+|\\(?<escaped>[!-/:-@[-`{-~])|\]\(\s*<?(?<href>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"\n]*")?\s*\)|(?<bracket>!?\[)|<?(?<address>\bhttps?:\/\/[^\s<>`*[\]]*[^\s<>`*[\].,;:!?'")])>?|(?<mark>\*{1,3}|_{1,3}|~~)/g;

interface Frame {
  /** What opened it: a mark of emphasis, "[" or "![". */
  readonly mark: string;
  readonly start: number;
  readonly children: ComponentChild[];
}

export function inline(text: string): ComponentChildren {
  const root: Frame = { mark: '', start: 0, children: [] };
  const frames = [root];
  /** How many frames of a mark are open. */
  const open = new Map<string, number>();

  const top = (): Frame => frames.at(-1) ?? root;
  const has = (mark: string): boolean => (open.get(mark) ?? 0) > 0;

  const add = (child: ComponentChild): void => {
    const { children } = top();
    const last = children.at(-1);
    if (typeof child === 'string' && typeof last === 'string') {
      children[children.length - 1] = last + child;
    } else if (child !== '') {
      children.push(child);
    }
  };
  const begin = (mark: string, start: number): void => {
    if (frames.length > DEEPEST) {
      add(mark);
    } else {
      frames.push({ mark, start, children: [] });
      open.set(mark, (open.get(mark) ?? 0) + 1);
    }
  };
  const drop = (): ComponentChild[] => {
    const { mark, children } = top();
    frames.pop();
    open.set(mark, (open.get(mark) ?? 1) - 1);
    return children;
  };
  /** Of a mark that had no partner what it holds is left. */
  const unfold = (): void => {
    const { mark } = top();
    const children = drop();
    [mark, ...children].forEach(add);
  };
  /** Ends the innermost frame of `mark`; those inside of it had no partner. */
  const close = (
    mark: string,
    make: (children: ComponentChild[]) => ComponentChild
  ): void => {
    while (top().mark !== mark) {
      unfold();
    }
    add(make(drop()));
  };

  const emphasise = (mark: string, place: number): void => {
    const before = text[place - 1] ?? ' ';
    const after = text[place + mark.length] ?? ' ';
    const inWord = mark.startsWith('_');
    if (/\S/.test(before) && !(inWord && LETTER.test(after))) {
      const first = top().mark;
      if (has(mark)) {
        close(mark, children => emphasis(mark, children));
        return;
      }
      if (mark.length === 3 && has(first) && mark.startsWith(first)) {
        close(first, children => emphasis(first, children));
        emphasise(mark.slice(first.length), place + first.length);
        return;
      }
    }
    if (/\S/.test(after) && !(inWord && LETTER.test(before))) {
      begin(mark, place);
    } else {
      add(mark);
    }
  };
  const closeLink = (href: string, token: string, place: number): void => {
    if (!has('[') && !has('![')) {
      add(token);
      return;
    }
    while (!top().mark.endsWith('[')) {
      unfold();
    }
    const { mark, start } = top();
    const raw = text.slice(start, place + token.length);
    close(mark, children =>
      SAFE.test(href) ? link(href, children.length ? children : [href]) : raw
    );
  };

  let place = 0;
  for (const { 0: token, index, groups = {} } of text.matchAll(TOKEN)) {
    const { code, escaped, href, bracket, address, mark } = groups;
    add(decoded(text.slice(place, index)));
    place = index + token.length;
    if (code !== undefined) {
      add(<code>{code.trim() || code}</code>);
    } else if (href !== undefined) {
      closeLink(decoded(href), token, index);
    } else if (bracket !== undefined) {
      begin(bracket, index);
    } else if (address !== undefined) {
      add(link(decoded(address), [decoded(address)]));
    } else if (mark !== undefined) {
      emphasise(mark, index);
    } else {
      add(escaped ?? token);
    }
  }
  add(decoded(text.slice(place)));
  while (frames.length > 1) {
    unfold();
  }
  return root.children;
}

function emphasis(mark: string, children: ComponentChild[]): ComponentChild {
  switch (mark) {
    case '~~':
      return <del>{children}</del>;
    case '*':
    case '_':
      return <em>{children}</em>;
    case '**':
    case '__':
      return <strong>{children}</strong>;
    default:
      return (
        <strong>
          <em>{children}</em>
        </strong>
      );
  }
}

function link(href: string, children: ComponentChild[]): ComponentChild {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
