import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { adopted, NdArray, sameShape, showSpec } from "./ndarray.ts";
import { checkTensors } from "./operand.ts";
import { customGradientOp } from "./ops/custom-gradient.ts";
import { isInput } from "./ops/input.ts";
import type { Tensor } from "./tensor.ts";

/** The inputs that a node needs to run: all but those that only gradient flows to. */
export const dependencies = (node: Tensor): readonly Tensor[] =>
  (node.op as unknown) === customGradientOp ? node.inputs.slice(0, 1) : node.inputs;

/** Every tensor that `outputs` need to run, themselves included, in the order of their ids; `given` ones need nothing. */
export function needed(outputs: readonly Tensor[], given: { has(x: Tensor): boolean } = new Set()): Tensor[] {
  const seen = new Set(outputs);
  const stack = [...seen];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (given.has(node)) continue;
    for (const x of dependencies(node))
      if (!seen.has(x)) {
        seen.add(x);
        stack.push(x);
      }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * The values of `outputs` by the ops' own definitions. Any tensor may be fed, and what only it needed isn't run.
 * An intermediate array is let go after its last use. Throws UserError for an input without a value or of another shape.
 */
export function evaluate(outputs: readonly Tensor[], feeds: ReadonlyMap<Tensor, NdArray> = new Map()): NdArray[] {
  if (!Array.isArray(outputs)) throw new UserError(`evaluate: needs an array of tensors, received ${show(outputs)}`);
  checkTensors("evaluate", outputs);
  if (!(feeds instanceof Map)) throw new UserError(`evaluate: feeds must be a Map, received ${show(feeds)}`);
  const nodes = needed(outputs, feeds);
  const uses = new Map<Tensor, number>();
  const use = (x: Tensor): unknown => uses.set(x, (uses.get(x) ?? 0) + 1);
  outputs.forEach(use);
  for (const node of nodes) if (!feeds.has(node)) dependencies(node).forEach(use);

  const values = new Map<Tensor, NdArray>();
  const take = (x: Tensor): NdArray => {
    const value = values.get(x)!;
    const left = uses.get(x)! - 1;
    uses.set(x, left);
    if (left === 0) values.delete(x);
    return value;
  };
  for (const node of nodes) values.set(node, feeds.has(node) ? fed(node, feeds.get(node)!) : run(node, take));
  return outputs.map(take);
}

function run(node: Tensor, take: (x: Tensor) => NdArray): NdArray {
  if (isInput(node)) throw new UserError(`evaluate: input ${node.attrs.name} has no value`);
  const output = NdArray.zeros(node.shape, node.dtype);
  node.op.reference(dependencies(node).map(take), node.attrs, output);
  return output;
}

function fed(node: Tensor, given: NdArray): NdArray {
  const value = adopted(given);
  if (!(value instanceof NdArray))
    throw new UserError(`evaluate: a tensor is fed an NdArray, received ${show(given)}: array(...) makes one`);
  if (value.dtype !== node.dtype || !sameShape(value.shape, node.shape)) {
    const name = isInput(node) ? `input ${node.attrs.name}` : node.op.name;
    throw new UserError(`evaluate: ${name} is ${showSpec(node)}, received ${showSpec(value)}`);
  }
  return value;
}
