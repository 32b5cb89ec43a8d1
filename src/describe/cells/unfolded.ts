import type { DescribedCell } from "../../cells/described.ts";
import { type Neuron, type Place, squashTex } from "../../cells/neuron.ts";
import type { Tensor } from "../../graph/index.ts";
import { equationText, readable } from "../readable.ts";
import { deltaOf, inner, numberOf, slopesOf } from "./slopes.ts";
import { type StepTrace, type StepValue, traceStep } from "./trace.ts";

/** One thing that a neuron sees, as an arrow into it. */
export interface Arrow {
  /** The name of its parameter; none where it is passed on as it is. */
  readonly parameter?: string;
  /** Where it comes from, with its shape: "hₜ₋₁", "[H]". */
  readonly from: string;
  readonly fromShape: string;
  /** Its weight with the weight's shape: "U_f", "[H, H]". */
  readonly weight: string;
  readonly shape: string;
  /** The neuron that multiplies what comes through: "rₜ". */
  readonly times?: string;
  /** The derivative of the loss by its weight. */
  readonly slope?: string;
}

/** A neuron of each unit, as a sigmoid perceptron with one output. */
export interface UnfoldedNeuron {
  readonly name: string;
  /** Its output, with its shape: "fₜ", "[H]". */
  readonly symbol: string;
  readonly shape: string;
  readonly place: Place;
  /** What it does with the sum: "σ", "tanh", or the estimator's title. */
  readonly squash: string;
  readonly decides: boolean;
  readonly arrows: readonly Arrow[];
  /** What flows back to its output and to its sum. */
  readonly slopes: readonly string[];
  /** Whether it acts on its unit itself, or through other neurons alone. */
  readonly touches: boolean;
  /** Neurons that it sees, by name, and whether it sees what its own unit has come to. */
  readonly seesNeurons: readonly string[];
  readonly seesUnit: boolean;
  /** How it acts on its unit: whether it multiplies, and whether 1 − its output does. */
  readonly multiplies: boolean;
  readonly complements: boolean;
  /** Whether it is open or closed, wholly or in part, for what it multiplies. */
  readonly isGate: boolean;
}

/** A part of the unit's body: equations, and what flows back through them. */
export interface Body {
  readonly equations: readonly string[];
  readonly slopes: readonly string[];
}

/** A cell as a nest of neurons. */
export interface Unfolded {
  readonly cell: DescribedCell;
  readonly trace: StepTrace;
  readonly neurons: readonly UnfoldedNeuron[];
  readonly soma: Body;
  readonly axon: Body;
  /** The state after the step, with its shapes: "cₜ", "[H]". */
  readonly state: readonly (readonly [symbol: string, shape: string])[];
  /** The letter of what its soma keeps. */
  readonly letter: string;
  readonly output: readonly [symbol: string, shape: string];
  /** A step, one line each. */
  readonly equations: readonly string[];
  /** What flows back to the state before the step, and to x. */
  readonly back: readonly string[];
}

/** @param size how a number of a shape is written, such as H for the number of units */
export function unfold(cell: DescribedCell, size: (n: number) => string): Unfolded {
  const trace = traceStep(cell);
  const slopes = slopesOf(trace);
  const shape = (...widths: number[]): string => `[${widths.map(size).join(", ")}]`;
  const neurons = trace.neurons.map((value): UnfoldedNeuron => {
    const neuron = value.neuron!;
    const { squash } = neuron;
    const own = slopes.of(value);
    return {
      ...{ name: neuron.name, symbol: value.symbol, shape: shape(value.width), place: neuron.place },
      squash: typeof squash === "string" ? readable(squashTex[squash]) || "Σ" : squash.card.title,
      decides: typeof squash !== "string",
      arrows: arrowsOf(neuron, trace, shape),
      slopes: [...(own === undefined ? [] : [own]), ...slopes.delta(neuron)],
      ...linksOf(neuron, trace),
      ...actsAs(value, trace),
    };
  });
  const late = new Set(trace.neurons.flatMap(({ neuron, symbol }) => (neuron!.place === "axon" ? [symbol] : [])));
  const equations = cell.description.equations.flatMap(linesOf);
  const isLate = (text: string): boolean => [...late].some((symbol) => text.includes(symbol));
  const described = [...trace.seen, ...trace.after].filter(
    ({ symbol }, i, all) =>
      all.findIndex((other) => other.symbol === symbol) === i && !neurons.some((n) => n.symbol === symbol),
  );
  const flows = described.flatMap((value) => slopes.of(value) ?? []);
  const fromAbove = (text: string): boolean => text.includes(`∂L/∂${trace.output.symbol} `);
  const backs = [...trace.before.flatMap((value) => slopes.of(value) ?? []), ...slopes.ofInput()];
  return {
    ...{ cell, trace, neurons },
    soma: { equations: equations.filter((text) => !isLate(text)), slopes: flows.filter((text) => !fromAbove(text)) },
    axon: { equations: equations.filter(isLate), slopes: flows.filter(fromAbove) },
    state: trace.after.map(({ symbol, width }) => [symbol, shape(width)]),
    letter: Object.keys(cell.state)[0]!,
    output: [trace.output.symbol, shape(trace.output.width)],
    equations: (cell.equations ?? []).flatMap(linesOf),
    back: backs,
  };
}

/** An equation as text: several that stand on one line are lines of their own. */
const linesOf = (tex: string): string[] => tex.split(/,\s*\\quad/u).map((part) => equationText(part.trim()).trim());

const isMultiplied = (x: Tensor, all: readonly Tensor[]): boolean =>
  all.some(
    (op) => op.op.name === "mul" && op.inputs.includes(x) && op.inputs.every((other) => numberOf(other) === undefined),
  );

/** What the step does with a neuron's output. */
function actsAs(
  { tensor: x, neuron }: StepValue,
  trace: StepTrace,
): Pick<UnfoldedNeuron, "touches" | "multiplies" | "complements" | "isGate"> {
  const all = opsOf([...trace.after, trace.output].map(({ tensor }) => tensor));
  const sum = trace.sums.find((other) => other.neuron === neuron);
  const rest = all.filter(({ op, inputs }) => op.name === "sub" && inputs[1] === x && numberOf(inputs[0]!) === 1);
  const [multiplies, complements] = [isMultiplied(x, all), rest.some((other) => isMultiplied(other, all))];
  return {
    multiplies,
    complements,
    isGate:
      ((multiplies || complements) &&
        (neuron!.squash === "sigmoid" || typeof neuron!.squash !== "string") &&
        neuron!.place !== "axon") ||
      (multiplies && neuron!.squash === "sigmoid"),
    touches: all.includes(x) || (sum !== undefined && all.includes(sum.tensor)),
  };
}

/** What a neuron sees of this step: other neurons, or what the unit has come to. */
function linksOf({ sees }: Neuron, trace: StepTrace): Pick<UnfoldedNeuron, "seesNeurons" | "seesUnit"> {
  const { neurons, seen, after, before } = trace;
  const found = new Set<string>();
  let seesUnit = false;
  const nameOf = (x: Tensor): string | undefined => neurons.find(({ tensor }) => tensor === x)?.neuron?.name;
  const named = new Set([...seen, ...after, ...neurons, ...before].map(({ tensor }) => tensor));
  /** A value of the step: of neurons and the state, or of other values of the unit. */
  const visit = (x: Tensor): void => {
    const name = nameOf(x);
    if (name !== undefined) found.add(name);
    else if (named.has(x) && !before.some(({ tensor }) => tensor === x)) seesUnit = true;
    else x.inputs.forEach(visit);
  };
  for (const { from, times, weight } of sees) {
    if (times !== undefined) found.add(times);
    if (neurons.some(({ neuron }) => neuron!.name === from)) found.add(from);
    if (weight === "vector") seesUnit = true;
    const value = seen.find(({ symbol }) => symbol === trace.symbol(from));
    if (value && after.some(({ tensor }) => tensor === value.tensor)) seesUnit = true;
    else value?.tensor.inputs.forEach(visit);
    if (after.some(({ symbol }) => symbol === trace.symbol(from))) seesUnit = true;
  }
  return { seesNeurons: [...found], seesUnit };
}

/** All tensors of a step, in the order in which they are computed. */
export function opsOf(ends: readonly Tensor[]): Tensor[] {
  const found = new Set<Tensor>();
  const visit = (x: Tensor): void => {
    if (found.has(x)) return;
    found.add(x);
    x.inputs.forEach(visit);
  };
  ends.forEach(visit);
  return [...found].sort((a, b) => a.id - b.id);
}

function arrowsOf(neuron: Neuron, trace: StepTrace, shape: (...widths: number[]) => string): Arrow[] {
  const { name, letter, sees, bias } = neuron;
  const units = neuron.units ?? trace.cell.units;
  const index = letter.length > 1 ? `{${letter}}` : letter;
  const delta = deltaOf(neuron);
  const arrows = sees.flatMap((connection): Arrow[] => {
    const { from, weight, times: gate, letter: matrix } = connection;
    const [symbol, width] = [trace.symbol(from), trace.width(from)];
    const source = { from: symbol, fromShape: shape(width) };
    if (weight === "one") return [{ ...source, weight: "", shape: shape(units) }];
    const parameter = `${name}.${connection.name}`;
    const own = readable(`${matrix}_${index}`).trim();
    if (weight === "vector")
      return [
        { ...source, parameter, weight: own, shape: shape(units), slope: `∂L/∂${own} = ${inner(symbol)} ⊙ ${delta}` },
      ];
    const times = gate === undefined ? undefined : trace.symbol(gate);
    const flow = times === undefined ? delta : `(${delta} ⊙ ${times})`;
    const slope = `∂L/∂${own} = ${inner(symbol)}ᵀ ${flow}`;
    const product: Arrow = {
      ...source,
      parameter,
      weight: own,
      shape: shape(width, units),
      slope,
      ...(times !== undefined && { times }),
    };
    if (times === undefined) return [product];
    const biased = readable(`b'_${index}`).trim();
    const bias = {
      from: "1",
      fromShape: "",
      parameter: `${parameter}-bias`,
      weight: biased,
      shape: shape(units),
      times,
    };
    return [product, { ...bias, slope: `∂L/∂${biased} = ${delta} ⊙ ${times}` }];
  });
  if (bias === undefined) return arrows;
  const own = readable(`b_${index}`).trim();
  return [
    ...arrows,
    {
      from: "1",
      fromShape: "",
      parameter: `${name}.bias`,
      weight: own,
      shape: shape(units),
      slope: `∂L/∂${own} = ${delta}`,
    },
  ];
}
