import {
  add,
  broadcastTo,
  cast,
  matmul,
  mul,
  notEqual,
  sparseMatmul,
  stopGradient,
  type Tensor,
} from "../graph/index.ts";
import { evaluatesAll } from "../layers/gated-blocks.ts";
import { type Configurable, configurable, type Given, type Options, type Values } from "../options/index.ts";
import type { Cell, CellCard, CellParameter, CellSizes, CellStep, Decide, Decision, Named } from "./cell.ts";
import { equationsOf } from "./equations.ts";
import { firstValues } from "./first-values.ts";
import { type Connection, type Neuron, type Squash, squashes, x } from "./neuron.ts";

/** What a step has at hand, from which a cell's vectors meet. */
export interface Meeting {
  /** The state before the step, [B, width] each. */
  readonly state: Named<Tensor>;
  /**
   * The output of a neuron. Of this step it sees the neurons that were asked for before it.
   * @param more values that the cell has computed in this step, under the names that the neuron's connections use
   */
  neuron(name: string, more?: Named<Tensor>): Tensor;
  /** What a neuron adds up, before it is squashed. */
  preactivation(name: string, more?: Named<Tensor>): Tensor;
  /** The value as it is, with the name that it has in the equations, in TeX: drawings use it. */
  called<V extends Tensor | number>(tex: string, value: V): V;
  /** A new vector of the state, by its name, that the step itself goes on to use: its derivative is that of both uses. */
  next(name: string, value: Tensor): Tensor;
  /** Whether no gradient is asked for. */
  readonly valuesOnly: boolean;
  /** The same step for the examples whose number in `open` [B, 1] is not 0. Products of the others are skipped: their values must not be read. */
  within(open: Tensor): Meeting;
}

/** A cell as data: its neurons, its state, and how they meet. All else is derived from it. */
export interface Description {
  readonly state: Named<number>;
  /** In the order in which a step computes them. */
  readonly neurons: readonly Neuron[];
  /** Squashes x before any neuron sees it (default: linear). */
  readonly inputSquash?: Squash;
  /** How the neurons meet, in TeX: what `meet` computes. */
  readonly equations: readonly string[];
  /** How values are written in equations, in TeX, where that is not the name and the step (`h` of the state is h_{t-1}). */
  readonly symbols?: Named<string>;
  meet(step: Meeting): CellStep;
  /** The first of `evaluations` equal parts of a step (default: the whole step is one). */
  part?(step: Meeting): CellStep;
  /** The neuron whose decision is the cell's output, where that is 0 unless it fires. */
  readonly spikes?: string;
  /** The neuron that says whether an example takes the step, of a cell that skips steps. */
  readonly taken?: string;
  /** The state before the first step, where it is not zeros. */
  start?(params: Named<Tensor>, batch: number): Named<Tensor>;
  /** How often a step multiplies by the weights of a neuron that are not the input's (default: once each). */
  readonly evaluations?: number;
}

/** A cell made of its description, which another cell may build on. */
export interface DescribedCell extends Cell {
  readonly description: Description;
}

/** A cell's factory, with its card and options: a row of the table. */
export interface CellRow<O extends Options> extends Configurable<O, DescribedCell, [CellSizes]> {
  readonly card: CellCard;
}

/** Makes a row of the table of what it says about itself, its options, and the description that they come to. */
export function cellOf<const O extends Options>(
  card: Omit<CellCard, "equations">,
  options: O,
  describe: (values: Values<O>, sizes: CellSizes) => Description,
): CellRow<O> {
  const factory = configurable<O, DescribedCell, [CellSizes]>(`cell ${card.name}`, options, (values, sizes) =>
    described({ name: card.name, ...values }, sizes, describe(values, sizes)),
  );
  const standard = describe(factory.resolve({} as Given<O>), { inputs: 1, units: 1 });
  return Object.assign(factory, { card: { ...card, equations: equationsOf(standard) } });
}

/** The width of each thing that a neuron may see; what a cell computes within the step has the width of its units. */
const widthOf = (from: string, { state, neurons }: Description, { inputs, units }: CellSizes): number =>
  from === "x" ? inputs : (state[from] ?? neurons.find(({ name }) => name === from)?.units ?? units);

/** The neuron's parameters: its weights in the order of its connections, then its bias. */
function parametersOf(neuron: Neuron, description: Description, sizes: CellSizes): CellParameter[] {
  const { name, sees, bias, units = sizes.units } = neuron;
  const weights = sees.flatMap((connection): CellParameter[] => {
    if (connection.weight === "one") return [];
    const own = `${name}.${connection.name}`;
    const shape = connection.weight === "vector" ? [units] : [widthOf(connection.from, description, sizes), units];
    const inner = connection.times === undefined ? [] : [{ name: `${own}-bias`, shape: [units] }];
    return [{ name: own, shape }, ...inner];
  });
  return bias === undefined ? weights : [...weights, { name: `${name}.bias`, shape: [units] }];
}

/** Of one step of one example, forward. */
function multiplyAddsOf(description: Description, sizes: CellSizes): number {
  const products = description.neurons.flatMap(({ sees, units = sizes.units }) =>
    sees.map(({ from, weight }) => {
      if (weight === "one") return 0;
      const often = from === "x" ? 1 : (description.evaluations ?? 1);
      return often * units * (weight === "matrix" ? widthOf(from, description, sizes) : 1);
    }),
  );
  return products.reduce((sum, n) => sum + n, 0);
}

const decides = ({ squash }: Neuron): boolean => typeof squash !== "string";
/** A neuron whose output needs nothing but x, and is computed for all steps at once. */
const isProjected = (neuron: Neuron): boolean =>
  !decides(neuron) && neuron.sees.length > 0 && neuron.sees.every(({ from }) => from === "x");

function decisionOf({ name, squash, units }: Neuron, sizes: CellSizes): Decision[] {
  return typeof squash === "string" ? [] : [{ name, estimator: squash, units: units ?? sizes.units }];
}

/** The cell of a description. */
export function described(config: Cell["config"], sizes: CellSizes, description: Description): DescribedCell {
  const { neurons, state, start, spikes, taken } = description;
  const parameters = neurons.flatMap((neuron) => parametersOf(neuron, description, sizes));
  const decisions = neurons.flatMap((neuron) => decisionOf(neuron, sizes));
  return {
    config,
    description,
    ...{ inputs: sizes.inputs, units: sizes.units },
    state,
    parameters,
    decisions,
    ...(spikes !== undefined && { spikes: decisions.find(({ name }) => name === spikes) }),
    ...(taken !== undefined && { taken: decisions.find(({ name }) => name === taken) }),
    neurons,
    equations: equationsOf(description),
    multiplyAdds: multiplyAddsOf(description, sizes),
    init: (key) => firstValues(neurons, parameters, key),
    ...(start && { start }),
    project: (params, x) => project(description, params, x, productWith(sizes.readsSpikes)),
    step: (params, before, seen, decide) => step(description, { params, before, seen, decide }),
  };
}

/** The product with spikes reads what fired, but where all is to be computed. */
const productWith = (spikes = false): typeof matmul => (spikes && !evaluatesAll() ? sparseMatmul : matmul);

/** x [R, I] → for each neuron that sees x, its part of the pre-activation, or its output where it sees nothing else. */
function project(
  { neurons, inputSquash = "linear" }: Description,
  params: Named<Tensor>,
  x: Tensor,
  product: typeof matmul,
): Named<Tensor> {
  const squashed = squashes[inputSquash](x);
  const parts = neurons.flatMap((neuron): [string, Tensor][] => {
    const { name, sees, bias, squash } = neuron;
    const own = sees.find(({ from }) => from === "x");
    if (own === undefined) return [];
    const weighed = product(squashed, params[`${name}.${own.name}`]!);
    const a = bias === undefined ? weighed : add(weighed, params[`${name}.bias`]!);
    return [[name, isProjected(neuron) ? squashes[squash as Squash](a) : a]];
  });
  return Object.fromEntries(parts);
}

interface Running {
  readonly params: Named<Tensor>;
  /** The state before the step. */
  readonly before: Named<Tensor>;
  /** The rows of what `project` gave. */
  readonly seen: Named<Tensor>;
  readonly decide: Decide;
  /**
   * Gets each neuron's output by the neuron's name; what comes through its connections, by the names of their weights (that of x with the neuron's
   * bias); and values that the equations name, by their TeX.
   */
  readonly watch?: (name: string, value: Tensor | number) => void;
  /** Gets what each neuron adds up, as "forget:a", and its output, as "forget"; gives what the step then uses (default: the same). */
  readonly nudge?: (name: string, value: Tensor) => Tensor;
}

/** What a neuron adds up, among the names of values. */
export const preactivationName = (neuron: string): string => `${neuron}:a`;

/** What a cell computes in a step that a nudge may be added to, with the widths: what each neuron adds up, what it outputs, and its state. */
export function nudgedIn({ neurons, state }: Description, { units }: Pick<CellSizes, "units">): Named<number> {
  const ofNeurons = neurons.flatMap((neuron) => {
    const width = neuron.units ?? units;
    const own: [string, number][] = [[neuron.name, width]];
    return isProjected(neuron) ? own : [...own, [preactivationName(neuron.name), width] as [string, number]];
  });
  return { ...Object.fromEntries(ofNeurons), ...state };
}

/** One step: what `cell.step` computes. */
export function step(
  description: Description,
  { params, before, seen, decide, watch, nudge = (_, value) => value }: Running,
): CellStep {
  const values: Record<string, Tensor> = { ...before };
  const find = (name: string): Neuron => description.neurons.find((neuron) => neuron.name === name)!;
  const through = (neuron: Neuron, { name, from, weight, times, sparse }: Connection, open?: Tensor): Tensor => {
    const [own, value] = [`${neuron.name}.${name}`, values[from]!];
    if (weight === "one") return value;
    const matrix = (): Tensor =>
      open ? sparseMatmul(mul(value, open), params[own]!, { where: "rows" }) : productWith(sparse)(value, params[own]!);
    const product = weight === "matrix" ? matrix() : mul(value, params[own]!);
    return times === undefined ? product : mul(values[times]!, add(product, params[`${own}-bias`]!));
  };
  const preactivation = (name: string, more: Named<Tensor> = {}, open?: Tensor): Tensor => {
    Object.assign(values, more);
    const neuron = find(name);
    const projected = seen[name] === undefined ? [] : [seen[name]];
    const others = neuron.sees.filter(({ from }) => from !== "x");
    const parts = others.map((connection) => through(neuron, connection, open));
    if (projected.length > 0) watch?.(`${name}.${x.name}`, projected[0]!);
    for (const [i, part] of parts.entries()) watch?.(`${name}.${others[i]!.name}`, part);
    const bias = projected.length > 0 || neuron.bias === undefined ? [] : [params[`${name}.bias`]!];
    const all = [...projected, ...parts, ...bias].reduce((a, b) => add(a, b));
    return isProjected(neuron) ? all : nudge(preactivationName(name), all);
  };
  const batch = Object.values(before)[0]!.shape[0]!;
  const output = (name: string, more?: Named<Tensor>, open?: Tensor): Tensor => {
    const own = find(name);
    const a = preactivation(name, more, open);
    let sent = a;
    if (!isProjected(own)) {
      if (typeof own.squash === "string") sent = squashes[own.squash](a);
      else {
        const decision = { name, estimator: own.squash, units: a.shape.at(-1)! };
        sent = decide(decision, broadcastTo(a, [batch, decision.units]));
      }
    }
    values[name] = nudge(name, sent);
    watch?.(name, values[name]!);
    return values[name]!;
  };
  const meeting = (open?: Tensor): Meeting => ({
    state: before,
    neuron: (name, more) => output(name, more, open),
    preactivation: (name, more) => preactivation(name, more, open),
    called(tex, value) {
      watch?.(tex, value);
      return value;
    },
    next: nudge,
    valuesOnly: decide.valuesOnly ?? false,
    within: (rows) => meeting(evaluatesAll() ? open : cast(notEqual(stopGradient(rows), 0), rows.dtype)),
  });
  return description.meet(meeting());
}
