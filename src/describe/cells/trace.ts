import type { Named } from "../../cells/cell.ts";
import type { DescribedCell, Description, Meeting } from "../../cells/described.ts";
import { symbolOf } from "../../cells/equations.ts";
import type { Neuron } from "../../cells/neuron.ts";
import { input, type Tensor } from "../../graph/index.ts";
import { readable } from "../readable.ts";

/** A value of one step that has a name on paper. */
export interface StepValue {
  /** "cₜ₋₁" */
  readonly symbol: string;
  readonly width: number;
  readonly tensor: Tensor;
  /** What a neuron's pre-activation or output is of, where it is one. */
  readonly neuron?: Neuron;
}

/** One step of a cell, traced: how its neurons' outputs and its state meet, as the ops that compute it. */
export interface StepTrace {
  readonly cell: DescribedCell;
  /** The state before the step, by its names. */
  readonly before: readonly StepValue[];
  /** What neurons give, in the order of the cell. */
  readonly neurons: readonly StepValue[];
  /** Pre-activations that the step reads beside the outputs. */
  readonly sums: readonly StepValue[];
  /** What the step computes on the way because a neuron sees it. */
  readonly seen: readonly StepValue[];
  /** The state after the step; what is a neuron's output or seen as well has the same tensor. */
  readonly after: readonly StepValue[];
  readonly output: StepValue;
  /** Numbers that have a name: "β". */
  readonly numbers: ReadonlyMap<number, string>;
  /** How anything that a neuron sees is written. */
  symbol(from: string): string;
  width(from: string): number;
}

/** "cₜ₋₁" → "cₜ" → "cₜ₊₁", "vₖ" → "vₖ₊₁" */
const following = (symbol: string): string =>
  symbol.endsWith("ₜ₋₁") ? symbol.slice(0, -2) : symbol.replace(/([ₜₖ])$/u, "$1₊₁");

/** The name of a neuron's pre-activation: its derivative is δ. */
export const sumOf = ({ letter }: Neuron): string => readable(`a_${letter}`).trim();

/** Traces what a cell does between its neurons. */
export function traceStep(cell: DescribedCell): StepTrace {
  const { description, inputs, units } = cell;
  const symbol = (from: string): string => readable(symbolOf(from, description));
  const value = (name: string, width: number): Tensor => input(name, { shape: [1, width], dtype: "float32" });
  const before = Object.entries(description.state).map(([name, width]) => ({
    ...{ symbol: symbol(name), width, tensor: value(name, width) },
  }));
  const neurons = description.neurons.map((neuron) => {
    const width = neuron.units ?? units;
    return { symbol: symbol(neuron.name), width, tensor: value(neuron.name, width), neuron };
  });
  const [sums, seen]: [StepValue[], StepValue[]] = [[], []];
  const take = (more: Named<Tensor> = {}): void => {
    const own = Object.entries(more).filter(
      ([, tensor]) => ![...before, ...seen].some((other) => other.tensor === tensor),
    );
    seen.push(...own.map(([name, tensor]) => ({ symbol: symbol(name), width: tensor.shape.at(-1)!, tensor })));
  };
  const numbers = new Map<number, string>();
  const called = <V extends Tensor | number>(tex: string, of: V): V => {
    // Single precision is what an op holds of it.
    if (typeof of === "number") numbers.set(Math.fround(of), readable(tex));
    else if (![...neurons, ...seen].some(({ tensor }) => tensor === of))
      seen.push({ symbol: readable(tex), width: of.shape.at(-1)!, tensor: of });
    return of;
  };
  const find = (name: string): StepValue & { neuron: Neuron } => neurons.find((other) => other.neuron.name === name)!;
  const meeting: Meeting = {
    state: Object.fromEntries(Object.keys(description.state).map((name, i) => [name, before[i]!.tensor])),
    neuron(name: string, more?: Named<Tensor>) {
      take(more);
      return find(name).tensor;
    },
    preactivation(name: string, more?: Named<Tensor>) {
      take(more);
      const { neuron, width } = find(name);
      sums.push({ symbol: sumOf(neuron), width, tensor: value(`${name} sum`, width), neuron });
      return sums.at(-1)!.tensor;
    },
    called,
    // What is skipped changes no value.
    next: (_, of) => of,
    valuesOnly: false,
    within: () => meeting,
  };
  const { state, output } = (description.part ?? description.meet)(meeting);
  const known = [...neurons, ...seen];
  const after = Object.entries(state).map(([, tensor], i) => {
    const same = known.find((other) => other.tensor === tensor);
    return { symbol: same?.symbol ?? unlike(following(before[i]!.symbol), known), width: before[i]!.width, tensor };
  });
  const shown = [...after, ...known].find(({ tensor }) => tensor === output);
  return {
    ...{ cell, before, neurons, sums, seen, after, numbers, symbol },
    output: shown ?? { symbol: "hₜ", width: units, tensor: output },
    width: (from) => (from === "x" ? inputs : widthOf(from, description, [...seen], units, symbol)),
  };
}

/** A name that no other value has: what a later gate makes of a value carries a prime. */
const unlike = (symbol: string, others: readonly StepValue[]): string =>
  others.some((other) => other.symbol === symbol) ? symbol.replace(/^(\p{L})/u, "$1′") : symbol;

const widthOf = (
  from: string,
  { state, neurons }: Description,
  seen: readonly StepValue[],
  units: number,
  symbol: (from: string) => string,
): number =>
  state[from] ??
  neurons.find(({ name }) => name === from)?.units ??
  seen.find((other) => other.symbol === symbol(from))?.width ??
  units;
