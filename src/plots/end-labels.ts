import { described, type Label, LINE, round } from "./marks.ts";
import { textWidth, wrapText } from "./text.ts";

/** The largest share of a chart's width that names take. */
const SHARE = 0.4;
/** From where a curve ends to its name. */
const AWAY = 12;

export interface Ended {
  readonly name: string;
  readonly colour: string;
  /** Where the curve ends, in pixels. */
  readonly end: { readonly x: number; readonly y: number };
}

/** The names' lines, and what they take of the width and of the height, in pixels. */
export function namesOf(names: readonly string[], width: number, font: number) {
  const lines = names.map((name) => wrapText(name, SHARE * width - AWAY, font));
  const widest = Math.max(4 * font * 0.64, ...lines.flat().map((line) => textWidth(line, font)));
  return {
    lines,
    right: Math.ceil(widest + AWAY + 4),
    height: lines.reduce((sum, those) => sum + heightOf(those, font), 0),
  };
}

const heightOf = (lines: readonly string[], font: number): number => lines.length * font * LINE;

/**
 * The curves' names beside the axes, each as near its curve's end as the others allow, and a thin line from the end to a name that
 * isn't beside it.
 * @param range where names may be, in pixels from the top
 */
export function endLabels(
  curves: readonly Ended[],
  lines: readonly (readonly string[])[],
  { font, range }: { readonly font: number; readonly range: readonly [number, number] },
): { labels: Label[]; leaders: string } {
  const wanted = curves.map((curve, i) => ({
    ...{ curve, lines: lines[i]!, at: curve.end.y, size: heightOf(lines[i]!, font) },
  }));
  const placed = spread(wanted, range);
  const right = Math.max(...curves.map(({ end }) => end.x));
  const leaders = placed.flatMap(({ curve: { end, colour, name }, at }) =>
    Math.abs(at - end.y) < font / 2 && right - end.x < 2
      ? []
      : [
          `<path d="M${round(end.x + 4)},${round(end.y)}L${round(right + AWAY - 2)},${round(at)}" stroke="${colour}"${described(name)}/>`,
        ],
  );
  return {
    labels: placed.map(({ curve, lines, at }) => ({
      ...{ lines, x: right + AWAY, y: at, colour: curve.colour, series: curve.name },
    })),
    leaders: `<g aria-label="leader" fill="none" stroke-opacity="0.45">${leaders.join("")}</g>`,
  };
}

/**
 * Moves labels apart along one axis, as little as needed, keeping their order: neighbours that would meet share a block that is
 * centred on the mean of where they want to be.
 * @param labels the middle of each, and its size along the axis
 */
export function spread<T extends { readonly at: number; readonly size: number }>(
  labels: readonly T[],
  [low, high]: readonly [number, number],
): (T & { at: number })[] {
  interface Block {
    readonly members: readonly T[];
    readonly start: number;
    readonly length: number;
  }
  const place = (members: readonly T[]): Block => {
    let length = 0;
    let offsets = 0;
    for (const { at, size } of members) {
      offsets += at - (length + size / 2);
      length += size;
    }
    const start = offsets / members.length;
    return { members, length, start: Math.max(low, Math.min(high - length, start)) };
  };
  const blocks: Block[] = [];
  for (const label of [...labels].sort((a, b) => a.at - b.at)) {
    let block = place([label]);
    for (let above = blocks.at(-1); above && above.start + above.length > block.start; above = blocks.at(-1)) {
      blocks.pop();
      block = place([...above.members, ...block.members]);
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ members, start }) => {
    let from = start;
    return members.map((label) => {
      from += label.size;
      return { ...label, at: from - label.size / 2 };
    });
  });
}
