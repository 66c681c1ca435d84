/**
 * Words in a line: emphasis, code, links. One pass over the text; a mark that finds no partner is
 * shown as it was written, and so is every link that leads elsewhere than to the web.
 */
import type { ComponentChild, ComponentChildren } from 'preact';

import { decoded } from './entities';

const DEEPEST = 20;
const SAFE = /^(?:https?:\/\/|mailto:)/i;

// Code, an escaped sign, a link's middle and end, a link's start, an address, marks of emphasis.
const TOKEN =
  /(?=(?<ticks>`+))\k<ticks>(?<code>[^`]+)\k<ticks>(?!`)|`+|\\(?<escaped>[!-/:-@[-`{-~])|\]\(\s*<?(?<href>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"\n]*")?\s*\)|(?<open>!?\[)|<?(?<address>\bhttps?:\/\/[^\s<>`*[\]]*[^\s<>`*[\].,;:!?'")])>?|(?<mark>\*{1,3}|_{1,3}|~~)/g;

interface Frame {
  /** What opened it: a mark of emphasis, "[" or "![". */
  readonly mark: string;
  readonly start: number;
  readonly children: ComponentChild[];
}

export function inline(text: string): ComponentChildren {
  return new Inline(text).read();
}

class Inline {
  private readonly frames: Frame[] = [{ mark: '', start: 0, children: [] }];
  private readonly open = new Map<string, number>();

  constructor(private readonly text: string) {}

  read(): ComponentChildren {
    let place = 0;
    for (const match of this.text.matchAll(TOKEN)) {
      this.add(decoded(this.text.slice(place, match.index)));
      place = match.index + match[0].length;
      this.take(match[0], match.index, match.groups ?? {});
    }
    this.add(decoded(this.text.slice(place)));
    while (this.frames.length > 1) {
      this.unfold();
    }
    return this.top.children;
  }

  private get top(): Frame {
    return this.frames.at(-1) as Frame;
  }

  private add(child: ComponentChild): void {
    const { children } = this.top;
    const last = children.at(-1);
    if (typeof child === 'string' && typeof last === 'string') {
      children[children.length - 1] = last + child;
    } else if (child !== '') {
      children.push(child);
    }
  }

  private take(
    token: string,
    place: number,
    {
      code,
      escaped,
      href,
      open,
      address,
      mark
    }: Record<string, string | undefined>
  ): void {
    if (code !== undefined) {
      this.add(<code>{code.trim() || code}</code>);
    } else if (escaped !== undefined) {
      this.add(escaped);
    } else if (href !== undefined) {
      this.closeLink(decoded(href), token, place);
    } else if (open !== undefined) {
      this.begin(open, place);
    } else if (address !== undefined) {
      this.add(link(decoded(address), [decoded(address)]));
    } else if (mark !== undefined) {
      this.emphasise(mark, place);
    } else {
      this.add(token);
    }
  }

  private emphasise(mark: string, place: number): void {
    const before = this.text[place - 1] ?? ' ';
    const after = this.text[place + mark.length] ?? ' ';
    const inWord = mark.startsWith('_');
    if (/\S/.test(before) && !(inWord && /[\p{L}\p{N}]/u.test(after))) {
      if (this.has(mark)) {
        this.close(mark, children => emphasis(mark, children));
        return;
      }
      if (
        mark.length === 3 &&
        this.has(this.top.mark) &&
        mark.startsWith(this.top.mark)
      ) {
        const first = this.top.mark;
        this.close(first, children => emphasis(first, children));
        this.emphasise(mark.slice(first.length), place + first.length);
        return;
      }
    }
    if (/\S/.test(after) && !(inWord && /[\p{L}\p{N}]/u.test(before))) {
      this.begin(mark, place);
    } else {
      this.add(mark);
    }
  }

  private closeLink(href: string, token: string, place: number): void {
    const opened = this.has('[') || this.has('![');
    if (!opened) {
      this.add(token);
      return;
    }
    while (this.top.mark !== '[' && this.top.mark !== '![') {
      this.unfold();
    }
    const { mark, start } = this.top;
    const raw = this.text.slice(start, place + token.length);
    this.close(mark, children =>
      SAFE.test(href) ? link(href, children.length ? children : [href]) : raw
    );
  }

  private begin(mark: string, start: number): void {
    if (this.frames.length > DEEPEST) {
      this.add(mark);
    } else {
      this.frames.push({ mark, start, children: [] });
      this.open.set(mark, (this.open.get(mark) ?? 0) + 1);
    }
  }

  private has(mark: string): boolean {
    return (this.open.get(mark) ?? 0) > 0;
  }

  /** Ends the innermost frame of `mark`; those inside of it had no partner. */
  private close(
    mark: string,
    make: (children: ComponentChild[]) => ComponentChild
  ): void {
    while (this.top.mark !== mark) {
      this.unfold();
    }
    this.add(make(this.drop()));
  }

  private unfold(): void {
    const { mark } = this.top;
    const children = this.drop();
    this.add(mark);
    children.forEach(child => {
      this.add(child);
    });
  }

  private drop(): ComponentChild[] {
    const { mark, children } = this.top;
    this.frames.pop();
    this.open.set(mark, (this.open.get(mark) ?? 1) - 1);
    return children;
  }
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
