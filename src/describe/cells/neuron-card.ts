import { type Canvas, colours } from "../canvas.ts";
import { formulaLines, formulaWidth } from "./formula.ts";
import type { Arrow, UnfoldedNeuron } from "./unfolded.ts";

/** The edges of cards, where a neuron's circle stands, and the lane beside it in which lines go up and down. */
export const [LEFT, RIGHT, NEURON, LANE] = [10, 308, 268, 300];
/** Letters: of what flows, and of what is said about it. */
export const [SIZE, SMALL] = [13, 13];
/** Where arrows end their straight way. */
const MEET = 222;
const ROW = 46;
const LINE = 17;
const RADIUS = 17;

/** What has no room in a circle. */
const short: Readonly<Record<string, string>> = { softplus: "soft⁺", scaled_tanh: "tanh" };

/** A neuron's card in its place. */
export interface Card {
  readonly neuron: UnfoldedNeuron;
  readonly from: number;
  readonly to: number;
  /** The height of its circle, and so of its output. */
  readonly middle: number;
  /** Where its rows begin, and the lines below them. */
  readonly rows: number;
  readonly quiet: readonly string[];
  readonly red: readonly string[];
}

/** What stands in its circle. */
const signOf = ({ decides, squash }: UnfoldedNeuron): string => (decides ? "0 1" : (short[squash] ?? squash));

export function layOutCard(neuron: UnfoldedNeuron, from: number): Card {
  const { arrows, slopes, squash, decides } = neuron;
  const said = signOf(neuron) === squash ? "" : decides ? `decides: ${squash}` : squash;
  const quiet = said === "" ? [] : formulaLines(said, SMALL, RIGHT - LEFT - 20);
  const red = slopes.flatMap((text) => formulaLines(text, SMALL, RIGHT - LEFT - 20));
  const rows = from + 24;
  const to = rows + ROW * arrows.length + LINE * (quiet.length + red.length) + 8;
  return { neuron, from, to, rows, quiet, red, middle: rows + (ROW * (arrows.length - 1)) / 2 + 22 };
}

/** What a neuron sees in rows that meet in its circle, and what flows back to it below them. */
export function drawCard(canvas: Canvas, { neuron, from, to, middle, rows, quiet, red }: Card, x: number): void {
  const { arrows, name, symbol, shape } = neuron;
  canvas.path(`M${x + LEFT} ${from}H${x + RIGHT}V${to}H${x + LEFT}Z`, { fill: colours.ground, stroke: "none" });
  canvas.text(x + LEFT + 10, from + 18, name, { bold: true, size: SIZE });
  const sign = signOf(neuron);
  arrows.forEach((arrow, i) => drawArrow(canvas, arrow, { x, y: rows + ROW * i, middle }));
  canvas.circle(x + NEURON, middle, RADIUS, "");
  canvas.text(x + NEURON, middle + (sign.length > 2 ? 4 : 5), sign, {
    ...{ anchor: "middle", size: sign.length > 4 ? 9 : sign.length > 2 ? 11 : 16 },
  });
  const below = rows + ROW * arrows.length + 13;
  quiet.forEach((text, i) =>
    canvas.text(x + LEFT + 10, below + LINE * i, text, { size: SMALL, colour: colours.quiet }),
  );
  red.forEach((text, i) => {
    const y = below + LINE * (i + quiet.length);
    canvas.formula(x + LEFT + 10, y, text, { size: SMALL, colour: colours.back });
  });
  // Above the arrow to the unit, and above the valve at its end.
  canvas.formula(x + RIGHT + 3, middle - 14, `${symbol} ${shape}`, { size: SMALL });
}

/** What a neuron sees: the source, its weight with its shape above the arrow, the derivative by it below. */
function drawArrow(
  canvas: Canvas,
  { from, fromShape, weight, shape, times, slope }: Arrow,
  { x, y, middle }: { readonly x: number; readonly y: number; readonly middle: number },
): void {
  const line = y + 22;
  const source = fromShape === "" ? from : `${from} ${fromShape}`;
  canvas.formula(x + LEFT + 10, line + 5, source, { size: SIZE });
  const start = x + LEFT + 16 + formulaWidth(source, SIZE);
  const angle = Math.atan2(middle - line, NEURON - MEET);
  const [endX, endY] = [x + NEURON - (RADIUS + 1) * Math.cos(angle), middle - (RADIUS + 1) * Math.sin(angle)];
  canvas.path(`M${start.toFixed(1)} ${line}H${x + MEET}L${endX.toFixed(1)} ${endY.toFixed(1)}`, { end: "flow" });
  const label = weight === "" ? `as it is ${shape}` : `${weight} ${shape}${times === undefined ? "" : ` ⊙ ${times}`}`;
  canvas.formula(x + MEET, line - 6, label, { anchor: "end", size: SMALL });
  if (slope !== undefined)
    canvas.formula(x + MEET, line + 16, slope, { anchor: "end", size: SMALL, colour: colours.back });
}
