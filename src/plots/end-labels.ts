import * as Plot from "@observablehq/plot";

/** Least distance between two names, in pixels. */
const LINE = 13;

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly y: number }[];
}

/**
 * The curves' names beside their ends, moved apart where they would meet.
 * @param scale of the y axis
 * @param end   value of x at which they stand
 * @param range where names may be, in pixels from the top
 */
export function endLabels(curves: readonly Curve[], scale: Plot.Scale, end: number, range: readonly [number, number]) {
  const wanted = curves.map(({ name, colour, points }) => ({
    name,
    colour,
    at: scale.apply(points.at(-1)!.y) as number,
  }));
  const names = spread(wanted, LINE, range).map((label) => ({
    ...label,
    x: end,
    y: scale.invert!(label.at) as number,
  }));
  return Plot.text(names, {
    x: "x",
    y: "y",
    text: "name",
    fill: "colour",
    textAnchor: "start",
    dx: 9,
    fontSize: 11,
    clip: false,
  });
}

/**
 * Moves labels apart along one axis, as little as needed, keeping their order: neighbours that would be closer than `gap`
 * share a block that is centred on the mean of where they want to be.
 */
export function spread<T extends { readonly at: number }>(
  labels: readonly T[],
  gap: number,
  [low, high]: readonly [number, number],
): (T & { at: number })[] {
  interface Block {
    readonly members: T[];
    start: number;
  }
  const lengthOf = (b: Block) => (b.members.length - 1) * gap;
  const place = (members: T[]): Block => {
    const centre = members.reduce((sum, m) => sum + m.at, 0) / members.length;
    const length = (members.length - 1) * gap;
    return { members, start: Math.max(low, Math.min(high - length, centre - length / 2)) };
  };
  const blocks: Block[] = [];
  for (const label of [...labels].sort((a, b) => a.at - b.at)) {
    let block = place([label]);
    for (let above = blocks.at(-1); above && above.start + lengthOf(above) + gap > block.start; above = blocks.at(-1)) {
      blocks.pop();
      block = place([...above.members, ...block.members]);
    }
    blocks.push(block);
  }
  return blocks.flatMap((b) => b.members.map((label, i) => ({ ...label, at: b.start + i * gap })));
}
