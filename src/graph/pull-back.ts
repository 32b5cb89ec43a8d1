import { Copies } from "./copies.ts";
import { sameShape, showSpec } from "./ndarray.ts";
import { isMulti } from "./op.ts";
import { checkTensors } from "./operand.ts";
import { add } from "./ops/add.ts";
import { inDerivativeOf } from "./part.ts";
import { outsideOfRegions, type Region } from "./region.ts";
import { shapeError } from "./site.ts";
import { nextId, type Tensor } from "./tensor.ts";

/** All tensors that `roots` are made of, themselves included, in the order of their ids. */
export function ancestors(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>(roots);
  const stack = [...seen];
  for (let node = stack.pop(); node; node = stack.pop())
    for (const input of node.inputs)
      if (!seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** What flows to the inputs of a node. */
type Parts = readonly (Tensor | undefined)[] | undefined;

/** What comes together for one tensor: a sum, and what will be added to it in this order. */
interface Total {
  sum?: Tensor | undefined;
  readonly later: (() => void)[];
}

/**
 * For each x in `wrt` the gradient of Σ seed · y over the tensors y that have a seed, as new tensors of the graph; undefined where nothing
 * flows. Nothing flows on from what is `given`: it counts as made of nothing. Iterative, linear in the graph's size.
 *
 * Derivatives within a region read copies of what the region computed, and are made when the first of their inputs needs them: not before all that comes
 * behind it is done.
 */
export const pullBack = (
  seeds: ReadonlyMap<Tensor, Tensor>,
  wrt: readonly Tensor[],
  given: ReadonlySet<Tensor> = new Set(),
): (Tensor | undefined)[] => outsideOfRegions(() => pulledBack(seeds, wrt, given));

function pulledBack(
  seeds: ReadonlyMap<Tensor, Tensor>,
  wrt: readonly Tensor[],
  given: ReadonlySet<Tensor>,
): (Tensor | undefined)[] {
  const nodes = ancestors([...seeds.keys()]);
  const reached = new Set<Tensor>(wrt);
  const isReached = (x: Tensor): boolean => reached.has(x);
  for (const node of nodes)
    if (node.op.derivative && !given.has(node) && node.inputs.some(isReached)) reached.add(node);

  const copies = new Copies(nodes, given);
  const totals = new Map<Tensor, Total>([...seeds].map(([y, sum]) => [y, { sum, later: [] }]));
  const totalOf = (x: Tensor): Tensor | undefined => {
    const total = totals.get(x);
    for (const make of total?.later.splice(0) ?? []) make();
    return total?.sum;
  };
  const send = (node: Tensor, total: Total, part: Tensor | undefined): void => {
    if (part === undefined) return;
    const before = total.sum;
    total.sum = before ? inDerivativeOf(node, () => add(before, part)) : part;
  };
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    // Of outputs that are made together the first comes last: all of their gradients are there then.
    if (i > 0 && node.isMadeWith(nodes[i - 1])) continue;
    if (!node.op.derivative || !node.inputs.some(isReached)) continue;
    const grads = node.outputs.map((y) => (given.has(y) ? undefined : totalOf(y)));
    if (grads.every((grad) => grad === undefined)) continue;
    const region = copies.regionOf(node);
    const partsHere = (): Parts => inDerivativeOf(node, () => partsOf(node, grads, isReached, copies, region));
    const parts = once(() => checked(node, partsHere(), isReached));
    // An input within the region has its turn later.
    const waits = region !== undefined && node.inputs.some((x) => reached.has(x) && copies.regionOf(x) === region);
    if (!waits) parts();
    node.inputs.forEach((x, k) => {
      if (!reached.has(x)) return;
      const total = totals.get(x) ?? { later: [] };
      totals.set(x, total);
      const part = () => send(node, total, parts()?.[k]);
      if (waits || total.later.length > 0) total.later.push(part);
      else part();
    });
  }
  return wrt.map(totalOf);
}

/** What flows to each input of what made `node`, whose outputs have these gradients. */
function partsOf(
  node: Tensor,
  grads: readonly (Tensor | undefined)[],
  isReached: (x: Tensor) => boolean,
  copies: Copies,
  region: Region | undefined,
): Parts {
  const { op, attrs } = node;
  const read = (x: Tensor): Tensor => (region ? copies.of(x, region) : x);
  const [inputs, outputs] = [node.inputs.map(read), node.outputs.map(read)];
  const since = nextId();
  const parts = isMulti(op)
    ? op.derivative?.({ inputs, outputs, attrs }, grads, node.inputs.map(isReached))
    : op.derivative?.({ inputs, output: outputs[0]!, attrs }, grads[0]!);
  return parts && region ? copies.reading(parts, region, since) : parts;
}

/** The same parts. Throws ShapeError, with the user's line, for one that isn't as its input is. */
function checked(node: Tensor, parts: Parts, isReached: (x: Tensor) => boolean): Parts {
  node.inputs.forEach((x, k) => {
    const part = parts?.[k];
    if (part === undefined || !isReached(x)) return;
    checkTensors(node.op.name, [part]);
    if (part.dtype !== x.dtype || !sameShape(part.shape, x.shape))
      throw shapeError(
        `${node.op.name}: its derivative with respect to input ${k} must be ${showSpec(x)} as that input is, received ${showSpec(part)}`,
      );
  });
  return parts;
}

function once<T>(f: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: f() };
    return found.value;
  };
}
