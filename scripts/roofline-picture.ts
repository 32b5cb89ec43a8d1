// The picture of docs/explanation/roofline.md, which scripts/roofline.ts writes.
import * as Plot from "@observablehq/plot";
import { ARITHMETIC, type Bound } from "../bench/subjects/roofline/bound.ts";
import { linearAxis } from "../src/plots/axes.ts";
import { roomAcross } from "../src/plots/frame.ts";
import { hitsSvg, labelsSvg, valueText } from "../src/plots/marks.ts";
import { colourOf, draw, fontFor, WIDTH } from "../src/plots/plot.ts";
import { rowsFor } from "../src/plots/rows.ts";

/** An instruction's time, and what it can't be faster than. */
export interface Shown {
  readonly name: string;
  /** In microseconds. */
  readonly time: number;
  readonly bound: Bound;
}

/** Text sizes that stay free on the right: "100 %, second cache". */
const ROOM = 10.5;

/** A bar for each instruction: its time, and in full colour the least that it can take; at its end that share, and the limit. */
export function boundBars(shown: readonly Shown[], title: string): Promise<string> {
  const [width, font] = [WIDTH, fontFor(WIDTH)];
  const axis = linearAxis([0, ...shown.map(({ time }) => time / 1000)], roomAcross(0.35 * width, font));
  const x = "ms; full colour: the least that it can take";
  const rows = rowsFor({ names: shown.map(({ name }) => name), x, width, font, axis, right: ROOM * font });
  const placed = shown.map(({ name, time, bound: { microseconds: bound, by } }, i) => ({
    ...{ zero: rows.x(0), end: rows.x(time / 1000), within: rows.x(Math.min(bound, time) / 1000) },
    ...{ y: rows.y(i), top: rows.y(i) - 0.6 * font, bottom: rows.y(i) + 0.6 * font },
    text: `${Math.round((100 * bound) / time)} %, ${by}`,
    hit: `${valueText(name, time / 1000)} ms, at least ${Number((bound / 1000).toPrecision(3))} ms`,
    colour: colourOf(by === ARITHMETIC ? 0 : 1),
  }));
  return draw(title, {
    ...rows.options,
    marks: [
      ...rows.marks,
      Plot.rect(placed, { x1: "zero", x2: "end", y1: "top", y2: "bottom", fill: "colour", fillOpacity: 0.3 }),
      Plot.rect(placed, { x1: "zero", x2: "within", y1: "top", y2: "bottom", fill: "colour" }),
      Plot.ruleX([rows.x(0)]),
    ],
    overlay: () =>
      rows.svg +
      labelsSvg(
        placed.map(({ text, end, y }) => ({ lines: [text], x: end + 5, y, colour: "currentColor" })),
        font,
      ) +
      hitsSvg(placed.map(({ hit, end, y, colour }) => ({ x: end, y, colour, text: hit }))),
  });
}
