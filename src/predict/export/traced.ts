import { UserError } from "../../errors.ts";
import { applications, dependencies, evaluate, isOp, type NdArray, needed, type Tensor } from "../../graph/index.ts";
import { constantOp } from "../../graph/ops/constant.ts";
import { isInput } from "../../graph/ops/input.ts";
import { scanOp } from "../../graph/ops/scan.ts";
import type { Model, Params } from "../../models/model.ts";
import { inputTensors, noiseInputs, outputsOf, placeholders, predictions } from "../program.ts";
import type { PredictionSpec, Reading } from "../spec.ts";

/** A network's prediction as a graph of ops, for what writes it in another language. */
export interface Traced {
  readonly model: Model;
  readonly spec: PredictionSpec;
  /** Rows of the graph: an axis whose length grows with them is any multiple of that. */
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  /** What the head predicts and the gates, in the order of the spec. */
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[];
  /** For each axis how many of it there are for one row of the batch; undefined where its length is fixed. */
  perRow(x: Tensor): readonly (number | undefined)[];
  /** Its numbers, where no input changes them. */
  known(x: Tensor): NdArray | undefined;
  /** The name of an array that is a parameter. */
  parameter(x: Tensor): string | undefined;
  /** How many ops, and outputs of the network, read a value. */
  readers(x: Tensor): number;
}

/** What a network predicts and of whom. */
export interface Untraced {
  readonly model: Model;
  readonly params: Params<NdArray>;
  readonly spec: PredictionSpec;
  readonly reading: Reading;
  /** Rows of the graph, and others: what differs between both grows with the batch. One number: all lengths are fixed. */
  readonly rows: readonly [rows: number, others?: number];
}

/** An op's value without those that change it only where gradient flows. */
export const resolved = (x: Tensor): Tensor => (x.op.isAlias ? resolved(x.inputs[0]!) : x);

/** Whether an op draws numbers: they come from the runtime then, whatever the key is. */
export const isDraw = ({ op }: Tensor): boolean => op.name === "uniform" || op.name === "normal";

/** What has to be computed before a node. */
export const inputsOf = (x: Tensor): readonly Tensor[] => (isDraw(x) ? [] : dependencies(x).map(resolved));

/** Tensors and all that has to be computed before them. */
export function reached(xs: readonly Tensor[]): ReadonlySet<Tensor> {
  const seen = new Set(xs.map(resolved));
  for (const x of seen) for (const below of inputsOf(x)) seen.add(below);
  return seen;
}

/** Traces a network's prediction. */
export function traced({ model, params, spec, reading, rows: [rows, others] }: Untraced): Traced {
  const parameters = placeholders(model);
  const noise = noiseInputs();
  const trace = (count: number) => {
    const inputs = inputTensors(spec, count);
    return { inputs, outputs: outputsOf(predictions(model, reading, parameters, noise, inputs)) };
  };
  const { inputs, outputs } = trace(rows);
  const twins = others === undefined ? new Map<Tensor, Tensor>() : pairs(outputs, trace(others).outputs);
  const values = new Map<Tensor, NdArray>();
  const names = new Map<Tensor, string>();
  for (const [row, layer] of parameters.entries())
    for (const [name, x] of Object.entries(layer)) {
      values.set(x, params[row]![name]!);
      names.set(x, `${model.layers[row]!.name}.${name}`);
    }
  const perRow = (x: Tensor) => {
    const twin = twins.get(x);
    return x.shape.map((n, axis) => (twin && twin.shape[axis] !== n ? n / rows : undefined));
  };
  const fixed = new Map<Tensor, boolean>();
  const isKnown = (x: Tensor): boolean => {
    const seen = fixed.get(x);
    if (seen !== undefined) return seen;
    const below = dependencies(x);
    const is =
      !isDraw(x) &&
      perRow(x).every((n) => n === undefined) &&
      (isInput(x) ? values.has(x) : below.length > 0 ? below.every(isKnown) : isOp(x, constantOp));
    fixed.set(x, is);
    return is;
  };
  const read = new Map<Tensor, number>();
  const known = (x: Tensor) => (isKnown(x) ? (values.get(x) ?? evaluate([x], values)[0]!) : undefined);
  const visit = (results: readonly Tensor[]): void => {
    const nodes = [...reached(results)].sort((a, b) => a.id - b.id);
    for (const x of [...results.map(resolved), ...applications(nodes).flatMap(inputsOf)])
      read.set(x, (read.get(x) ?? 0) + 1);
    for (const x of applications(nodes)) {
      for (const body of x.op.graphs?.(x.attrs) ?? []) {
        // What a loop's step reads of known arrays is known to it.
        inputsOf(x).forEach((outside, i) => {
          const [inside, value] = [body.inputs[i]!, isCaptured(x, i) ? known(outside) : undefined];
          const name = names.get(outside);
          if (value) values.set(inside, value);
          if (value && name !== undefined) names.set(inside, name);
        });
        // What a loop keeps for a gradient alone has no reader here.
        visit(body.outputs.filter((_, i) => isCarried(x, i) || (read.get(x.outputs[i]!) ?? 0) > 0));
      }
    }
  };
  visit(outputs);
  const titles = [...spec.outputs.map(({ name }) => name), ...spec.gates.map(({ layer }) => `gates.${layer}`)];
  return {
    ...{ model, spec, rows, inputs, perRow },
    outputs: outputs.map((x, i) => ({ name: titles[i]!, tensor: resolved(x) })),
    known,
    readers: (x) => read.get(x) ?? 0,
    parameter: (x) => names.get(x),
  };
}

/** Whether input i of a loop is the same in all its steps. */
const isCaptured = (x: Tensor, i: number): boolean => isOp(x, scanOp) && i >= x.attrs.carries + x.attrs.xs;

/** Whether output i of a loop is what its next step reads. */
const isCarried = (x: Tensor, i: number): boolean => isOp(x, scanOp) && i < x.attrs.carries;

/** The tensors of two traces of one network that stand at the same place. */
function pairs(left: readonly Tensor[], right: readonly Tensor[]): Map<Tensor, Tensor> {
  const found = new Map<Tensor, Tensor>();
  const pair = (a: readonly Tensor[], b: readonly Tensor[]): void => {
    const [one, other] = [needed(a), needed(b)];
    if (one.length !== other.length || one.some(({ op }, i) => op !== other[i]!.op))
      throw new Error("two numbers of rows gave two programs");
    one.forEach((x, i) => {
      const y = other[i]!;
      if (found.has(x)) return;
      x.outputs.forEach((output, k) => found.set(output, y.outputs[k]!));
      const bodies = [x, y].map(({ op, attrs }) => op.graphs?.(attrs) ?? []);
      bodies[0]!.forEach((body, k) => {
        const twin = bodies[1]![k]!;
        body.inputs.forEach((inside, n) => found.set(inside, twin.inputs[n]!));
        pair(body.outputs, twin.outputs);
      });
    });
  };
  pair(left, right);
  return found;
}

/** The readout of a file. Throws UserError where the network has no deterministic one. */
export function readingOf(call: string, { deterministic }: PredictionSpec, sample: boolean): Reading {
  if (!deterministic && !sample)
    throw new UserError(`${call}: this network scores samples of its units alone: ask for a file that samples`);
  return sample ? "stochastic" : "deterministic";
}

/** Throws UserError for an op that a format has no word for: it names the layer whose parameters the op reads, directly or through others. */
export function cannotExport({ model, parameter }: Traced, format: string, x: Tensor): UserError {
  const below = new Set(needed([x]).map(parameter));
  const layer = model.layers.findLast(({ name, parameters }) =>
    parameters.some((own) => below.has(`${name}.${own.name}`)),
  );
  return new UserError(
    `save: ${format} has no ${x.op.name}, which ${layer ? `the stage ${layer.name}` : "the network's first stage"} computes: save it as .safetensors`,
  );
}
