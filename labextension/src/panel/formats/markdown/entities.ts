const NAMES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0'
};

/** `text` with the entities that models write as the characters that they mean. */
export function decoded(text: string): string {
  return text.replace(
    /&(?:#[xX]([\da-fA-F]{1,6})|#(\d{1,7})|(\w{2,8}));/g,
    (entity, hex?: string, decimal?: string, name?: string) =>
      name === undefined
        ? character(hex ? parseInt(hex, 16) : Number(decimal))
        : (NAMES[name] ?? entity)
  );
}

function character(point: number): string {
  return point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
    ? '\ufffd'
    : String.fromCodePoint(point);
}
