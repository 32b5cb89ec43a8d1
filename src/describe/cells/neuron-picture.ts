import type { Place } from "../../cells/neuron.ts";
import { type Canvas, colours } from "../canvas.ts";
import { formulaLines, formulaWidth } from "./formula.ts";
import { type Card, drawCard, LANE, LEFT, layOutCard, NEURON, SIZE, SMALL } from "./neuron-card.ts";
import type { Body, Unfolded } from "./unfolded.ts";

/** Readable on a telephone: nothing stands beside the neurons but their unit. */
export const PICTURE = 440;
/** Where boxes end: lines to neurons pass them. */
const EDGE = 290;
/** The unit's body: its axis, half the width of its dendrite and axon, and of its soma. */
const [AXIS, THIN, WIDE] = [388, 8, 36];
/** How far the soma reaches beyond the neurons that act on it. */
const REACH = 66;
const LINE = 17;
const VALVE = 10;

const headings: Readonly<Record<Place, string>> = {
  dendrite: "dendrite: what comes in",
  soma: "soma: what is kept",
  axon: "axon: what goes out",
};

/** From a height to another one. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where all of it stands. */
interface Layout {
  readonly cards: readonly Card[];
  readonly places: Readonly<Record<Place, Span>>;
  readonly soma: Span;
  readonly boxes: readonly Box[];
  readonly end: number;
}

/** Equations, and what flows back through them. */
interface Box extends Span {
  readonly title: readonly string[];
  readonly black: readonly string[];
  readonly red: readonly string[];
}

/**
 * A cell as a nest of neurons, from top to bottom: the unit's body on the right, its dendrite, soma and axon below each other, and beside each
 * part the neurons that act on it. Gives the height at which it ends.
 */
export function drawUnfolded(canvas: Canvas, unfolded: Unfolded, x: number, top: number): number {
  const layout = layOut(unfolded, top);
  const { places, soma, cards, boxes, end } = layout;
  canvas.path(outline(x + AXIS, places.dendrite.from + 14, soma, places.axon.to - 8), {
    ...{ fill: colours.body, stroke: colours.quiet },
  });
  for (const [place, { from, to }] of Object.entries(places))
    if (to > from) canvas.text(x + LEFT, from + 16, headings[place as Place], { bold: true, colour: colours.quiet });
  for (const box of boxes) drawBox(canvas, box, x);
  for (const card of cards) drawCard(canvas, card, x);
  drawLinks(canvas, layout, x);
  drawUnit(canvas, unfolded, layout, x);
  const touching = cards.filter(({ neuron }) => neuron.touches);
  for (const card of touching) drawContact(canvas, card, layout, x);
  const coupled = touching.filter(({ neuron }) => neuron.complements && neuron.place === "soma");
  coupled.forEach((card, i) => {
    drawComplement(canvas, card, x, { lane: LANE + 6 + 4 * i, to: soma.from - 8 - 32 * i });
  });
  return end;
}

function layOut({ neurons, soma, axon, back, state, output }: Unfolded, top: number): Layout {
  let y = top;
  const [cards, boxes]: [Card[], Box[]] = [[], []];
  const box = (title: string, { equations, slopes }: Body): void => {
    boxes.push(boxOf(title, equations, slopes, y));
    y = boxes.at(-1)!.to + 10;
  };
  const part = (place: Place): Span => {
    const from = y;
    // Every cell has a soma and outputs something.
    if (place === "dendrite" && neurons.every((neuron) => neuron.place !== place)) return { from, to: from };
    y += 26;
    // What comes in flows past the gates: they stand nearer to the soma.
    const own = neurons.filter((neuron) => neuron.place === place);
    for (const neuron of [...own.filter((other) => !other.isGate), ...own.filter((other) => other.isGate)]) {
      cards.push(layOutCard(neuron, y));
      y = cards.at(-1)!.to + 10;
    }
    if (place === "soma") box(`kept: ${state.map((vector) => vector.join(" ")).join(", ")}`, soma);
    if (place === "axon") box(`sent: ${output.join(" ")}`, axon);
    return { from, to: y };
  };
  const places = { dendrite: part("dendrite"), soma: part("soma"), axon: part("axon") };
  box("back to the step before, and to x", { equations: [], slopes: back });
  const contacts = cards.filter(({ neuron }) => neuron.place === "soma" && neuron.touches).map(({ middle }) => middle);
  const centre = (places.soma.from + places.soma.to) / 2;
  const [first, last] = [Math.min(...contacts, ...(contacts.length > 0 ? [] : [centre])), Math.max(...contacts, ...(contacts.length > 0 ? [] : [centre]))]; // biome-ignore format: alike
  return {
    cards,
    places,
    soma: { from: first - REACH, to: last + REACH },
    boxes,
    end: Math.max(y, places.axon.to + 60),
  };
}

function boxOf(title: string, equations: readonly string[], slopes: readonly string[], from: number): Box {
  const width = EDGE - LEFT - 18;
  const lines = (texts: readonly string[], size: number) => texts.flatMap((text) => formulaLines(text, size, width));
  const [black, red] = [lines(equations, SIZE), lines(slopes, SMALL)];
  const head = formulaLines(title, SMALL, width);
  return { title: head, black, red, from, to: from + 14 + LINE * (head.length + black.length + red.length) };
}

function drawBox(canvas: Canvas, { title, black, red, from, to }: Box, x: number): void {
  const at = x + LEFT + 10;
  canvas.path(`M${x + LEFT} ${from}H${x + EDGE}V${to}H${x + LEFT}Z`, { fill: "#fff", stroke: colours.quiet });
  const lines = [
    ...title.map((text) => [text, { size: SMALL, colour: colours.quiet }] as const),
    ...black.map((text) => [text, { size: SIZE }] as const),
    ...red.map((text) => [text, { size: SMALL, colour: colours.back }] as const),
  ];
  lines.forEach(([text, options], i) => canvas.formula(at, from + 18 + LINE * i, text, options));
}

/** What neurons see of each other and of their unit: lines beside the cards, into the circles from above. */
function drawLinks(canvas: Canvas, { cards, soma }: Layout, x: number): void {
  const into = ({ from, middle }: Card): string => `V${from + 4}H${x + NEURON}V${middle - 18}`;
  for (const card of cards) {
    for (const name of card.neuron.seesNeurons) {
      const source = cards.find(({ neuron }) => neuron.name === name)!;
      if (source !== card)
        canvas.path(`M${x + NEURON + 17} ${source.middle}H${x + LANE}${into(card)}`, { end: "flow" });
    }
    if (!card.neuron.seesUnit) continue;
    const leaves =
      card.middle > soma.to ? soma.to - 22 : card.middle < soma.from ? soma.from + 22 : (soma.from + soma.to) / 2 - 34;
    const edge = x + AXIS - reachAt(soma, leaves);
    canvas.path(`M${edge} ${leaves}H${x + LANE - 6}${into(card)}`, { stroke: colours.quiet, end: "quiet" });
  }
}

/** The letter of the state in the soma, its way back to the next step, and the output at the axon's end. */
function drawUnit(canvas: Canvas, { letter, output }: Unfolded, { places, soma }: Layout, x: number): void {
  const middle = (soma.from + soma.to) / 2;
  const axis = x + AXIS;
  canvas.formula(axis + 4, middle + 7, letter, { anchor: "middle", size: 20 });
  const [right, up, down] = [axis + WIDE - 8, middle - 30, middle + 30];
  canvas.path(`M${right} ${down}C${right + 24} ${down} ${right + 24} ${up} ${right} ${up}`, { end: "flow" });
  const end = places.axon.to + 8;
  canvas.path(`M${axis} ${end}V${end + 22}`, { end: "flow" });
  const text = output.join(" ");
  canvas.formula(Math.min(axis, x + PICTURE - 6 - formulaWidth(text, SIZE) / 2), end + 38, text, {
    ...{ anchor: "middle", size: SIZE },
  });
}

/** Where a neuron acts on its unit: a valve where it multiplies. */
function drawContact(canvas: Canvas, { neuron, middle: y }: Card, { soma }: Layout, x: number): void {
  const edge = x + AXIS - (neuron.place === "soma" ? reachAt(soma, y) : 0);
  const sign = neuron.isGate ? "⊙" : neuron.decides ? "θ" : "+";
  canvas.path(`M${x + NEURON + 17} ${y}H${edge - VALVE - 1}`, { end: "flow" });
  canvas.path(`M${edge - VALVE - 1} ${y + 6}H${x + NEURON + 19}`, { stroke: colours.back, width: 1.2, end: "back" });
  canvas.circle(edge, y, VALVE, sign);
}

/** What is left of a gate multiplies what comes in above the soma. */
function drawComplement(
  canvas: Canvas,
  { neuron, middle }: Card,
  x: number,
  { lane, to }: { readonly lane: number; readonly to: number },
): void {
  canvas.path(`M${x + lane} ${middle}V${to}H${x + AXIS - VALVE - 1}`, { end: "flow" });
  canvas.dot(x + lane, middle);
  canvas.circle(x + AXIS, to, VALVE, "⊙");
  canvas.formula(x + LANE + 18, to - 7, `1 − ${neuron.symbol}`, { size: SMALL });
}

/** How much height the picture takes. */
export const heightOf = (unfolded: Unfolded): number => layOut(unfolded, 0).end;

/** From the axis to the edge of the soma at a height. */
function reachAt({ from, to }: Span, y: number): number {
  const part = Math.min(1, Math.abs(y - (from + to) / 2) / ((to - from) / 2));
  return Math.max(THIN, WIDE * Math.sqrt(1 - part ** 2));
}

/** A dendrite with twigs, the cell body, the axon with its end. */
function outline(x: number, top: number, { from, to }: Span, end: number): string {
  const [l, r] = [x - THIN, x + THIN];
  const middle = (from + to) / 2;
  const twigs = `M${l} ${top + 30}C${l} ${top + 14} ${x - 26} ${top + 14} ${x - 30} ${top}L${x - 22} ${top - 2}C${x - 18} ${top + 8} ${x - 6} ${top + 8} ${x - 3} ${top - 6}H${x + 3}C${x + 6} ${top + 8} ${x + 18} ${top + 8} ${x + 22} ${top - 2}L${x + 30} ${top}C${x + 26} ${top + 14} ${r} ${top + 14} ${r} ${top + 30}`;
  const right = `V${from}C${r} ${from + 14} ${x + WIDE} ${from + 6} ${x + WIDE} ${middle}S${r} ${to - 14} ${r} ${to}V${end - 8}`;
  const bouton = `C${x + 24} ${end} ${x + 22} ${end + 16} ${x} ${end + 16}S${x - 24} ${end} ${l} ${end - 8}`;
  const left = `V${to}C${l} ${to - 14} ${x - WIDE} ${to - 6} ${x - WIDE} ${middle}S${l} ${from + 14} ${l} ${from}Z`;
  return `${twigs}${right}${bouton}${left}`;
}
