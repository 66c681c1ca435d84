/** How a terminal's text looks: colours are CSS colours. */
export interface Style {
  readonly color: string | null;
  readonly ground: string | null;
  readonly marks: ReadonlySet<string>;
}

/** The colours that have names, dark and bright: the style sheet mixes them with the page's. */
const NAMED =
  '555 d32f2f 2e7d32 a67c00 1e6fd9 a626a4 00838f 9e9e9e 808080 f44336 43a047 c79500 42a5f5 c65bcf 00acc1 909090'
    .split(' ')
    .map(hex => `#${hex}`);

/** By the code that sets them; the code that takes them back is 20 more. */
const MARKS = ' bold dim italic underline   inverse  strike'.split(' ');

export const PLAIN: Style = { color: null, ground: null, marks: new Set() };

/** The style after the "select graphic rendition" sequence with these parameters. */
export function styled(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  const marks = new Set(style.marks);
  let { color, ground } = style;
  for (let place = 0; place < codes.length; place += 1) {
    const code = codes[place] ?? 0;
    const mark = MARKS[code];
    const last = code % 10;
    const group = code - last;
    if (code === 0) {
      color = ground = null;
      marks.clear();
    } else if (mark) {
      marks.add(mark);
    } else if (group === 20) {
      marks.delete(MARKS[last] ?? '');
      if (last === 2) {
        marks.delete('bold');
      }
    } else {
      let found = null;
      if (last < 8) {
        found = NAMED[group > 80 ? last + 8 : last] ?? null;
      } else if (last === 8) {
        const [kind, ...rest] = codes.slice(place + 1, place + 5);
        found = kind === 2 ? rgb(rest) : kind === 5 ? indexed(rest[0]) : null;
        place += kind === 2 ? 4 : kind === 5 ? 2 : 1;
      }
      if (group === 30 || group === 90) {
        color = found;
      } else if (group === 40 || group === 100) {
        ground = found;
      }
    }
  }
  return color || ground || marks.size ? { color, ground, marks } : PLAIN;
}

/** A colour of the table of 256: 16 by name, a cube of 6 × 6 × 6, 24 greys. */
function indexed(index = 0): string {
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return rgb([grey, grey, grey]);
  }
  const levels = [36, 6, 1].map(power => {
    const level = Math.floor((index - 16) / power) % 6;
    return level && level * 40 + 55;
  });
  return NAMED[index] ?? rgb(levels);
}

function rgb([red = 0, green = 0, blue = 0]: readonly number[]): string {
  return `rgb(${String(red)} ${String(green)} ${String(blue)})`;
}

/** The attributes of a span in this style. */
export function attributes({ color, ground, marks }: Style): {
  class: string;
  style: Record<string, string | null>;
} {
  const [text, behind] = marks.has('inverse')
    ? [ground, color]
    : [color, ground];
  const names = [...marks, text && 'color', behind && 'ground'];
  return {
    class: names.flatMap(name => (name ? `rlm-ansi-${name}` : [])).join(' '),
    style: { '--rlm-color': text, '--rlm-ground': behind }
  };
}
