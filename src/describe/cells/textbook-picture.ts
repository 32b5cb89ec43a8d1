import { type Canvas, colours } from "../canvas.ts";
import { formulaLines, formulaWidth } from "./formula.ts";
import { type StepNode, stepGraph } from "./step-graph.ts";
import { place } from "./step-layout.ts";
import type { Unfolded } from "./unfolded.ts";

/** The same width as the unfolded view. */
const WIDTH = 440;
const [LEFT, RIGHT] = [66, 432];
const [LINE, LAYER] = [22, 62];
const [NEURON, OP] = [19, 18];
const TEXT = 18;

/**
 * One step in the textbook's form: the input and the state as lines at the top, neurons as boxes, operations as circles, the next state at the
 * bottom; then the equations. Gives the height at which it ends.
 */
export function drawTextbook(
  canvas: Canvas,
  { trace, cell, equations }: Unfolded,
  at: { readonly x: number; readonly y: number; readonly size: (n: number) => string },
): number {
  const graph = stepGraph(trace);
  place(graph, at.x + LEFT, at.x + RIGHT);
  const { x, size } = at;
  const heights = new Map(graph.lines.map(([symbol], i) => [symbol, at.y + 14 + LINE * i]));
  const first = at.y + 14 + LINE * graph.lines.length + 34;
  const y = ({ layer }: StepNode): number => first + LAYER * (layer - 1);
  const nodes = graph.layers.flat();
  const taps = nodes.flatMap((node) =>
    node.taps.map((symbol, i) => ({ node, symbol, x: node.x + 9 * (i - (node.taps.length - 1) / 2) })),
  );
  for (const [symbol, width] of graph.lines) {
    const height = heights.get(symbol)!;
    canvas.formula(x + 8, height + 4, `${symbol} [${size(width)}]`, { size: 13 });
    const own = taps.filter((tap) => tap.symbol === symbol);
    if (own.length === 0) continue;
    canvas.path(
      `M${x + 12 + formulaWidth(`${symbol} [${size(width)}]`, 13)} ${height}H${round(Math.max(...own.map((tap) => tap.x)))}`,
    );
    for (const tap of own) {
      const bends = tap.node.kind === "bend";
      const end = y(tap.node) - (bends ? 0 : NEURON);
      canvas.path(`M${round(tap.x)} ${height}V${round(bends ? end : end - 1)}`, bends ? {} : { end: "flow" });
      canvas.dot(round(tap.x), height);
    }
  }
  for (const node of nodes)
    for (const source of node.inputs) {
      const [from, to] = [y(source) + edgeOf(source), y(node) - edgeOf(node) - (node.kind === "bend" ? 0 : 1)];
      const middle = round((from + to) / 2);
      const line = `M${round(source.x)} ${from}C${round(source.x)} ${middle} ${round(node.x)} ${middle} ${round(node.x)} ${to}`;
      canvas.path(line, node.kind === "bend" ? {} : { end: "flow" });
    }
  for (const node of nodes) drawNode(canvas, node, y(node));
  let below = first + LAYER * (graph.layers.length - 1) + 40;
  const lines = equations.flatMap((text) => formulaLines(text, 13, WIDTH - 24));
  for (const text of lines) {
    canvas.formula(x + 12, below, text, { size: 13 });
    below += TEXT;
  }
  canvas.text(
    x + 12,
    below,
    `${cell.neurons?.length ?? 0} neurons a unit; values without a shape are [${size(cell.units)}]`,
    { size: 13, colour: colours.quiet },
  );
  return below + 14;
}

const round = (n: number): number => Number(n.toFixed(1));
const edgeOf = ({ kind }: StepNode): number => ({ neuron: NEURON, op: OP, end: 12, bend: 0 })[kind];

function drawNode(canvas: Canvas, { kind, label, symbol, x }: StepNode, y: number): void {
  if (kind === "bend") return;
  if (kind === "end") {
    canvas.formula(x, y + 5, label, { anchor: "middle", size: 14 });
    return;
  }
  const small = label.length > 2 ? 12.5 : 15;
  if (kind === "neuron") {
    canvas.path(`M${round(x - 23)} ${y - NEURON}h46v${2 * NEURON}h-46Z`, { fill: colours.body, stroke: colours.flow });
    canvas.text(round(x), y - 1, label, { anchor: "middle", size: small });
    canvas.formula(round(x), y + 13, symbol, { anchor: "middle", size: 13 });
    return;
  }
  canvas.circle(round(x), y, OP, "");
  canvas.formula(round(x), y + 4, label, { anchor: "middle", size: small });
  if (symbol !== "") canvas.formula(round(x + OP + 4), y + 4, symbol, { size: 13 });
}
