/** How a terminal's text looks: colours are 0 to 15 by name, or a CSS colour. */
export interface Style {
  readonly foreground: number | string | null;
  readonly background: number | string | null;
  readonly marks: ReadonlySet<Mark>;
}

type Mark = 'bold' | 'dim' | 'italic' | 'underline' | 'inverse' | 'strike';

const COLORS = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white'
];

const SET = new Map<number, Mark>([
  [1, 'bold'],
  [2, 'dim'],
  [3, 'italic'],
  [4, 'underline'],
  [7, 'inverse'],
  [9, 'strike']
]);

const UNSET = new Map<number, readonly Mark[]>([
  [22, ['bold', 'dim']],
  [23, ['italic']],
  [24, ['underline']],
  [27, ['inverse']],
  [29, ['strike']]
]);

export const PLAIN: Style = {
  foreground: null,
  background: null,
  marks: new Set()
};

/** The style after the "select graphic rendition" sequence with these parameters. */
export function styled(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  const marks = new Set(style.marks);
  let { foreground, background } = style;
  for (let place = 0; place < codes.length; place += 1) {
    const code = codes[place] ?? 0;
    const mark = SET.get(code);
    if (code === 0) {
      foreground = background = null;
      marks.clear();
    } else if (mark) {
      marks.add(mark);
    } else if (code >= 30 && code <= 37) {
      foreground = code - 30;
    } else if (code >= 90 && code <= 97) {
      foreground = code - 82;
    } else if (code >= 40 && code <= 47) {
      background = code - 40;
    } else if (code >= 100 && code <= 107) {
      background = code - 92;
    } else if (code === 39) {
      foreground = null;
    } else if (code === 49) {
      background = null;
    } else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(place + 1, place + 5));
      place += used;
      if (code === 38) {
        foreground = color;
      } else {
        background = color;
      }
    } else {
      UNSET.get(code)?.forEach(mark => marks.delete(mark));
    }
  }
  return foreground === null && background === null && marks.size === 0
    ? PLAIN
    : { foreground, background, marks };
}

/** The colour of "5;n" or "2;r;g;b", and how many parameters it took. */
function extended(
  codes: readonly number[]
): [color: number | string | null, used: number] {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 2) {
    return [rgb(first, second, third), 4];
  }
  return kind === 5 ? [indexed(first), 2] : [null, 1];
}

/** A colour of the table of 256: 16 by name, a cube of 6 × 6 × 6, 24 greys. */
function indexed(index: number): number | string {
  if (index < 16) {
    return index;
  }
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return rgb(grey, grey, grey);
  }
  const level = (power: number) => {
    const step = Math.floor((index - 16) / power) % 6;
    return step && step * 40 + 55;
  };
  return rgb(level(36), level(6), level(1));
}

function rgb(...channels: [number, number, number]): string {
  const bounded = channels.map(channel => Math.min(channel || 0, 255));
  return `rgb(${bounded.join(', ')})`;
}

/** The attributes of a span in this style. */
export function attributes({ foreground, background, marks }: Style): {
  class: string;
  style: { color?: string; backgroundColor?: string };
} {
  const inverse = marks.has('inverse');
  const color = inverse ? background : foreground;
  const backgroundColor = inverse ? foreground : background;
  const classes = [...marks].map(mark => `rlm-ansi-${mark}`);
  if (typeof color === 'number') {
    classes.push(`rlm-ansi-${named(color)}`);
  }
  if (typeof backgroundColor === 'number') {
    classes.push(`rlm-ansi-on-${named(backgroundColor)}`);
  }
  return {
    class: classes.join(' '),
    style: {
      ...(typeof color === 'string' && { color }),
      ...(typeof backgroundColor === 'string' && { backgroundColor })
    }
  };
}

function named(color: number): string {
  return `${color > 7 ? 'bright-' : ''}${COLORS[color % 8] ?? 'white'}`;
}
