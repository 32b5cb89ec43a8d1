import type { Tensor } from "../../graph/index.ts";
import { numberOf } from "./slopes.ts";
import type { StepTrace } from "./trace.ts";
import { opsOf } from "./unfolded.ts";

/** A box, an operation, the end of a value, or a bend of a line that passes a layer. */
export interface StepNode {
  readonly kind: "neuron" | "op" | "end" | "bend";
  readonly label: string;
  /** Below the label of a neuron, beside an operation that has a name: "fₜ". */
  readonly symbol: string;
  layer: number;
  x: number;
  /** What flows in, from nodes of the layer above. */
  readonly inputs: StepNode[];
  /** The lines at the top that it taps: "xₜ", "hₜ₋₁". */
  readonly taps: string[];
}

/** One step as boxes and operations, in layers: each stands below all that it needs. */
export interface StepGraph {
  /** "xₜ" and the state before the step, as lines across the picture. */
  readonly lines: readonly (readonly [symbol: string, width: number])[];
  readonly layers: readonly (readonly StepNode[])[];
}

/** Ops that change no number. */
const through = new Set(["stopGradient", "broadcastTo", "reshape"]);
const signs: Readonly<Record<string, string>> = { add: "+", sub: "−", mul: "⊙", div: "÷", sigmoid: "σ", minimum: "min", maximum: "max", neg: "−", rectifier: "relu" }; // biome-ignore format: a table

const plain = (x: Tensor): Tensor => (through.has(x.op.name) ? plain(x.inputs[0]!) : x);

/** "1−", "×β", "+1": an operation with a number; its sign alone without. */
function labelOf(x: Tensor, names: StepTrace["numbers"]): string {
  const sign = signs[x.op.name] ?? x.op.name;
  const at = x.inputs.findIndex((operand) => numberOf(operand) !== undefined);
  if (at < 0) return sign;
  const number = numberOf(x.inputs[at]!)!;
  const text = (names.get(number) ?? String(Number(number.toPrecision(2)))).replace("-", "−");
  const by = sign === "⊙" ? "×" : sign;
  if (by.length > 1) return by;
  return at === 0 && by !== "×" && by !== "+" ? `${text}${by}` : `${by}${text}`;
}

/** Makes the graph of a traced step. */
export function stepGraph(trace: StepTrace): StepGraph {
  const { cell, before, neurons, sums, seen, after, output, numbers } = trace;
  const nodes = new Map<Tensor, StepNode>();
  const names = new Map([...seen, ...after].map(({ tensor, symbol }) => [tensor, symbol]));
  const node = (kind: StepNode["kind"], label: string, symbol = ""): StepNode => ({
    ...{ kind, label, symbol, layer: 0, x: 0, inputs: [], taps: [] },
  });
  const connect = (to: StepNode, from: Tensor): void => {
    const source = plain(from);
    const state = before.find(({ tensor }) => tensor === source);
    if (state) to.taps.push(state.symbol);
    else if (numberOf(source) === undefined) to.inputs.push(nodeOf(source));
  };
  const nodeOf = (x: Tensor): StepNode => {
    const known = nodes.get(x);
    if (known) return known;
    const value = [...neurons, ...sums].find(({ tensor }) => tensor === x);
    if (value && sums.includes(value)) return nodeOf(neurons.find(({ neuron }) => neuron === value.neuron)!.tensor);
    const neuron = value?.neuron;
    const made = neuron
      ? node("neuron", squashText(neuron.squash), value!.symbol)
      : node("op", labelOf(x, numbers), names.get(x) ?? "");
    nodes.set(x, made);
    if (neuron === undefined) for (const operand of x.inputs) connect(made, operand);
    for (const { from, times } of neuron?.sees ?? [])
      for (const name of [from, ...(times === undefined ? [] : [times])]) seesOf(name, made);
    made.layer = 1 + Math.max(0, ...made.inputs.map(({ layer }) => layer));
    return made;
  };
  const seesOf = (name: string, to: StepNode): void => {
    const symbol = trace.symbol(name);
    const own = [...seen, ...after, ...neurons].find(
      (other) => other.symbol === symbol && !before.some((state) => state.symbol === symbol),
    );
    if (own) connect(to, own.tensor);
    else to.taps.push(symbol);
  };
  const ends = [...after, ...(after.some(({ tensor }) => tensor === output.tensor) ? [] : [output])];
  const tops = ends.map((value): [Tensor, string, number] => [plain(value.tensor), value.symbol, value.width]);
  opsOf(tops.map(([x]) => x)).forEach((x) => {
    if (numberOf(x) === undefined && !through.has(x.op.name) && !before.some(({ tensor }) => tensor === x)) nodeOf(x);
  });
  for (const { tensor } of neurons) nodeOf(tensor);
  const last = 1 + Math.max(...[...nodes.values()].map(({ layer }) => layer));
  const ended = tops.map(([x, symbol]) => {
    const end = node("end", symbol);
    connect(end, x);
    end.layer = last;
    return end;
  });
  const lines = [
    [trace.symbol("x"), cell.inputs] as const,
    ...before.map(({ symbol, width }) => [symbol, width] as const),
  ];
  return { lines, layers: layered([...nodes.values(), ...ended], last, node) };
}

const squashText = (squash: string | object): string => {
  if (typeof squash !== "string") return "0 1";
  return { sigmoid: "σ", linear: "Σ", rectifier: "relu", "scaled-tanh": "tanh" }[squash] ?? squash;
};

/** Puts bends into lines that pass layers, and orders and places what stands in a layer. */
function layered(
  nodes: readonly StepNode[],
  last: number,
  node: (kind: "bend", label: string) => StepNode,
): StepNode[][] {
  const layers: StepNode[][] = Array.from({ length: last + 1 }, () => []);
  for (const one of nodes) layers[one.layer]!.push(one);
  for (const one of nodes) {
    for (const [i, source] of one.inputs.entries()) one.inputs[i] = bent(source, one.layer - 1);
    // A line from the top to an operation; neurons of the first layer tap directly.
    if (one.layer > 1)
      for (const tap of one.taps.splice(0)) {
        const top = node("bend", "");
        top.layer = 1;
        top.taps.push(tap);
        layers[1]!.push(top);
        one.inputs.push(bent(top, one.layer - 1));
      }
  }
  /** The node itself, or the last of its bends, in a layer. */
  function bent(source: StepNode, layer: number): StepNode {
    if (source.layer >= layer) return source;
    const before = bent(source, layer - 1);
    const known = layers[layer]!.find((other) => other.kind === "bend" && other.inputs[0] === before);
    if (known) return known;
    const bend = node("bend", "");
    bend.layer = layer;
    bend.inputs.push(before);
    layers[layer]!.push(bend);
    return bend;
  }
  return layers.slice(1);
}
