/** Python with the parts that a reader looks for set apart. */
import type { ComponentChild, VNode } from 'preact';
import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';

const LONGEST = 20_000; // characters that are highlighted

const KEYWORDS = new Set(
  'False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield'.split(
    ' '
  )
);

const BUILTINS = new Set(
  'all any bool dict enumerate filter float int isinstance len list map max min open print range repr round set sorted str sum tuple type zip context llm_query llm_query_batched rlm_query rlm_query_batched SHOW_VARS FINAL FINAL_VAR answer'.split(
    ' '
  )
);

// No alternative can fail once it has begun, so that no text is read twice.
const TOKEN = new RegExp(
  [
    /(?<comment>#.*)/,
    /(?<meta>^[ \t]*(?:[%!].*|@[\w.]*))/,
    /(?<string>(?:(?<![\p{L}\p{N}_])[bfrtuBFRTU]{1,2})?(?:"""(?:[^\\"]+|\\[^]|"(?!""))*(?:""")?|'''(?:[^\\']+|\\[^]|'(?!''))*(?:''')?|"(?:[^\\"\n]+|\\[^])*"?|'(?:[^\\'\n]+|\\[^])*'?))/u,
    /(?<number>\b\d[\w.]*)/,
    /(?<name>[\p{L}_][\p{L}\p{N}_]*)/u,
    /(?<operator>[-+*/%=<>!&|^~@]+)/
  ]
    .map(({ source }) => source)
    .join('|'),
  'gmu'
);

export function Python({ code }: { code: string }): VNode {
  const parts = useMemo(() => highlighted(code), [code]);
  return <Fragment>{parts}</Fragment>;
}

function highlighted(code: string): ComponentChild[] {
  const parts: ComponentChild[] = [];
  let plain = '';
  let place = 0;
  let before = '';
  const start = code.slice(0, LONGEST);
  for (const match of start.matchAll(TOKEN)) {
    const [token] = match;
    plain += start.slice(place, match.index);
    place = match.index + token.length;
    const attribute = start[match.index - 1] === '.';
    const kind = kindOf(match.groups ?? {}, before, attribute);
    before = token;
    if (kind) {
      parts.push(plain, <span class={`rlm-py-${kind}`}>{token}</span>);
      plain = '';
    } else {
      plain += token;
    }
  }
  parts.push(plain + start.slice(place) + code.slice(LONGEST));
  return parts;
}

function kindOf(
  groups: Readonly<Record<string, string | undefined>>,
  before: string,
  attribute: boolean
): string | null {
  const { name } = groups;
  if (name === undefined) {
    return Object.keys(groups).find(kind => groups[kind] !== undefined) ?? null;
  }
  if (attribute) {
    return null;
  }
  if (KEYWORDS.has(name)) {
    return 'keyword';
  }
  if (before === 'def' || before === 'class') {
    return 'definition';
  }
  return BUILTINS.has(name) ? 'builtin' : null;
}
