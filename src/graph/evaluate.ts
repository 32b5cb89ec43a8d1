import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { adopted, NdArray, sameShape, showSpec } from "./ndarray.ts";
import { isMulti } from "./op.ts";
import { checkTensors } from "./operand.ts";
import { isInput } from "./ops/input.ts";
import type { Tensor } from "./tensor.ts";

/** The inputs that a node needs to run: all but those that only gradient flows to. */
export function dependencies({ op, inputs, attrs }: Tensor): readonly Tensor[] {
  const count = op.inputsToRun?.(attrs);
  return count === undefined ? inputs : inputs.slice(0, count);
}

/** One tensor for each application of an op: the first of those that are made together. `nodes` are in the order of their ids. */
export const applications = (nodes: readonly Tensor[]): Tensor[] =>
  nodes.filter((node, i) => i === 0 || !node.isMadeWith(nodes[i - 1]));

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
 * The values of `outputs` by the ops' own definitions. Any tensor may be fed, and what only it needed isn't
 * run. Throws UserError for an input without a value or of another shape. Outputs [...] come back as arrays
 * [...] in their order.
 */
export function evaluate(outputs: readonly Tensor[], feeds: ReadonlyMap<Tensor, NdArray> = new Map()): NdArray[] {
  if (!Array.isArray(outputs)) throw new UserError(`evaluate: needs an array of tensors, received ${show(outputs)}`);
  checkTensors("evaluate", outputs);
  if (!(feeds instanceof Map)) throw new UserError(`evaluate: feeds must be a Map, received ${show(feeds)}`);
  return evaluator(outputs, feeds)((x) => fed(x, feeds.get(x)!));
}

/**
 * What gives the values of `outputs` from those of `given`, any number of times: the order of what has to run is found once.
 * An intermediate array is let go after its last use. `around` is given each application of an op, to run it, and its number.
 */
export function evaluator(
  outputs: readonly Tensor[],
  given: { has(x: Tensor): boolean },
): (feed: (x: Tensor) => NdArray, around?: (run: () => void, i: number) => void) => NdArray[] {
  const nodes = needed(outputs, given);
  const [known, open] = [nodes.filter((x) => given.has(x)), nodes.filter((x) => !given.has(x))];
  const places = new Map(nodes.map((x, i) => [x, i]));
  const placesOf = (xs: readonly Tensor[]): number[] => xs.map((x) => places.get(x)!);
  const results = placesOf(outputs);
  const kept = new Set(results);
  /** Each call with where its inputs lie, and which of them nobody reads after it. */
  const steps = applications(open)
    .reverse()
    .map((call) => {
      const inputs = placesOf(dependencies(call));
      const last = [...new Set(inputs)].filter((place) => !kept.has(place));
      for (const place of last) kept.add(place);
      return { call, inputs, last };
    })
    .reverse();
  return (feed, around = (run) => run()) => {
    const values = new Array<NdArray | undefined>(nodes.length);
    for (const x of known) values[places.get(x)!] = feed(x);
    for (const [i, { call, inputs, last }] of steps.entries()) {
      const read = inputs.map((place) => values[place]!);
      for (const place of last) values[place] = undefined;
      const { op, attrs } = call;
      if (isInput(call)) throw new UserError(`evaluate: input ${call.attrs.name} has no value`);
      if (isMulti(op)) {
        const wanted = call.outputs.map((x) => (places.has(x) && !given.has(x) ? zeros(x) : undefined));
        around(() => op.reference(read, attrs, wanted), i);
        wanted.forEach((value, i) => value && (values[places.get(call.outputs[i]!)!] = value));
      } else {
        const value = zeros(call);
        around(() => op.reference(read, attrs, value), i);
        values[places.get(call)!] = value;
      }
    }
    return results.map((place) => values[place]!);
  };
}

const zeros = ({ shape, dtype }: Tensor): NdArray => NdArray.zeros(shape, dtype);

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
