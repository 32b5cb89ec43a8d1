import { UserError } from "../errors.ts";
import { input, type Shape, sameShape, showShape, type Tensor } from "../graph/index.ts";
import { type FieldMemories, needsOf } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import type { PredictionInput, PredictionSpec, Reading } from "./spec.ts";

/** The name of the observation by which a stage shows its gates. */
const GATES = "gates";

/** Outputs of a call: what the head predicts, by name, and the gates [B, K] of each gated layer. */
interface Outputs {
  readonly predicted: { readonly [name: string]: Tensor };
  readonly gates: readonly Tensor[];
}

/**
 * One call of a network for some rows, traced. Draws are a function of both numbers of `noise`, int32 [] each.
 * @param inputs those of the spec, [B, …] each
 */
export function predictions(
  model: Model,
  reading: Reading,
  params: Params<Tensor>,
  noise: readonly [seed: Tensor, place: Tensor],
  inputs: readonly Tensor[],
): Outputs {
  const [x, ...others] = inputs;
  const fields = Object.fromEntries(Object.keys(model.fields).map((name, i) => [name, others[i]!]));
  const drawn = key(0).fold(noise[0]).fold(noise[1]);
  const { predicted, observed } = model.predict(params, x!, reading, drawn, fields);
  return { predicted, gates: observed.filter((_, i) => model.observations[i]!.name === GATES) };
}

/** The same in the order in which programs give them. */
export const outputsOf = ({ predicted, gates }: Outputs): Tensor[] => [...Object.values(predicted), ...gates];

/** A network's parameters as placeholders. */
export const placeholders = ({ layers }: Model): Params<Tensor> =>
  layers.map(({ parameters }, row) =>
    Object.fromEntries(
      parameters.map(({ name, shape }) => [name, input(`${row}.${name}`, { shape, dtype: "float32" })]),
    ),
  );

/** Placeholders for the numbers that noise is a function of. */
export const noiseInputs = (): [Tensor, Tensor] => [
  input("seed", { shape: [], dtype: "int32" }),
  input("place", { shape: [], dtype: "int32" }),
];

/** The inputs of `rows` examples as placeholders. */
export const inputTensors = ({ inputs }: Pick<PredictionSpec, "inputs">, rows: number): Tensor[] =>
  inputs.map(({ name, shape, dtype }) => input(name, { shape: [rows, ...shape], dtype }));

/** The fields that a network reads of an example, its own input first. Those of its head are what is predicted. */
function inputsOf(model: Model, fields: FieldMemories): readonly PredictionInput[] {
  const needs = needsOf(model);
  const names = [model.input, ...Object.keys(model.fields).filter((name) => name !== model.input)];
  return names
    .map((name) => [name, needs[name]!] as const)
    .map(([name, { shape, dtype, classes, range }]) => ({
      ...{ name, shape, dtype },
      ...(classes !== undefined && { classes }),
      // What an input was scaled from may be anything.
      ...(range && name !== model.input && { range }),
      ...(fields[name]?.columns && { columns: fields[name].columns }),
      ...(fields[name]?.table && { table: fields[name].table }),
      ...(fields[name]?.image && { image: fields[name].image }),
    }));
}

/** How a network predicts. */
export function specOf(model: Model, fields: FieldMemories): PredictionSpec {
  const inputs = inputsOf(model, fields);
  const traced = (rows: number) =>
    predictions(model, "deterministic", placeholders(model), noiseInputs(), inputTensors({ inputs }, rows));
  // Two numbers of rows tell the examples' axis from any other.
  const { predicted, gates } = traced(2);
  const others = Object.values(traced(3).predicted);
  Object.entries(predicted).forEach(([name, { shape }], i) => {
    if (shape[0] !== 2 || others[i]!.shape[0] !== 3)
      throw new UserError(
        `predictor: the head ${model.head.kind} must predict ${name} for each example, [B, …], it gives ${showShape(shape)} for 2 examples`,
      );
  });
  const layers = model.layers.filter((layer) => layer.gates);
  const targets = Object.keys(model.head.fields).filter((name) => name !== model.input);
  const labels = targets.find((name) => fields[name]?.names);
  const columnsOf = (shape: Shape): readonly string[] | undefined =>
    targets.map((name) => fields[name]!).find((field) => field?.columns && sameShape(field.shape, shape))?.columns;
  return {
    inputs,
    outputs: Object.entries(predicted).map(([name, { shape, dtype }]) => {
      const columns = columnsOf(shape.slice(1));
      return {
        ...{ name, shape: shape.slice(1), dtype: dtype === "int32" ? dtype : "float32" },
        ...(columns && { columns }),
      };
    }),
    gates: gates.map(({ shape }, i) => ({ layer: layers[i]!.name, blocks: shape[1]! })),
    ...(labels !== undefined && { names: fields[labels]!.names! }),
    deterministic: model.head.readouts?.includes("deterministic") ?? true,
  };
}
