import { UserError } from "../errors.ts";
import { type Shape, sizeOf } from "../graph/ndarray.ts";
import { checkMemory, checkSize } from "../graph/size.ts";
import { checkNumber, show } from "../rules.ts";
import type { LayerSummary } from "./model.ts";

type Layers = readonly Pick<LayerSummary, "name" | "parameters">[];

/** Throws ShapeError, naming the layer and its parameter, where one has more elements than an array can have. */
export function checkLayers(model: string, layers: Layers): void {
  for (const { name, parameters } of layers)
    for (const parameter of parameters) checkSize(`${model}: the ${parameter.name} of ${name}`, parameter.shape);
}

/** Throws UserError where two layers have one name, and for one under which a file keeps something else: their parameters couldn't be saved. */
export function checkNames(model: string, layers: Layers): void {
  const names = layers.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(`${model}: layers must have names of their own, received ${show(twice)} twice`);
  const kept = names.find((name) => /^programs(\.|$)/.test(name));
  if (kept !== undefined)
    throw new UserError(`${model}: no layer may be named ${show(kept)}: files keep programs under that name`);
}

/** Throws UserError where the first parameters together need more memory than there is. */
export function checkRoom(model: string, layers: Layers): void {
  const count = layers.reduce(
    (sum, { parameters }) => parameters.reduce((rest, { shape }) => rest + sizeOf(shape), sum),
    0,
  );
  checkMemory(`${model}: its ${count.toLocaleString("en")} parameters`, 4 * count, "take fewer units");
}

/** The shape of one example. Throws UserError, naming the model, for anything but a whole number or a list of them. */
export const checkedInput = (input: number | Shape, model: string): Shape => checkedShape(`${model}: input`, input);

/** A shape, or the number of values of a vector. Throws UserError, naming `subject`, for anything but a whole number or a list of them, and for more values than an array can have. */
export function checkedShape(subject: string, given: number | Shape): Shape {
  const shape: Shape = typeof given === "number" ? [given] : given;
  if (!Array.isArray(shape) || shape.length === 0)
    throw new UserError(`${subject} must be a number of values or a shape, received ${show(given)}`);
  for (const length of shape) checkNumber(subject, length, { whole: true, atLeast: 1 });
  checkSize(subject, shape);
  return shape;
}
