import { ShapeError } from "../errors.ts";
import {
  add,
  arange,
  array,
  broadcastTo,
  constant,
  expandDims,
  less,
  reshape,
  showShape,
  showSpec,
  stopGradient,
  type Tensor,
  transpose,
  where,
} from "../graph/index.ts";
import type { Cell, Decide, Named } from "./cell.ts";

/** How a cell goes over sequences. */
export interface Course {
  /** From the last step to the first (default: false). Outputs stand where their inputs do. */
  readonly reverse?: boolean | undefined;
  /** int32 [B]: steps at and beyond a sequence's length change nothing and output 0 (default: all steps count). */
  readonly lengths?: Tensor | undefined;
  /** The state before the first step, [B, width] each (default: the cell's own start). */
  readonly start?: Named<Tensor> | undefined;
  /** int32 []: the number of the first step, which its noise depends on (default: 0). */
  readonly first?: Tensor | undefined;
  /** k: no gradient flows to the state from beyond k steps, as it is cut after every k of them (default: never). */
  readonly truncate?: number | undefined;
}

/** What a step hands to the next one. */
export interface Carry {
  readonly state: Named<Tensor>;
  /** [B, H]: the last output that counted, where sequences differ in length. */
  readonly last?: Tensor;
}

/** What a step is given beside the carry; of all steps together each tensor has a first axis T. */
export interface Row {
  /** int32 [] */
  readonly step: Tensor;
  /** []: 1 where the gradient of the state is cut. */
  readonly cut?: Tensor;
  /** What the cell made of the step's inputs, [B, …] each. */
  readonly seen: Named<Tensor>;
}

export const mapNamed = <T, U>(values: Named<T>, f: (value: T, name: string) => U): Named<U> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]));

/**
 * The rows of all steps. Inputs are turned to [T, B, I] before the products and not after: they are the narrower ones.
 * Throws ShapeError where x isn't [B, T, I] with the cell's I, or lengths aren't int32[B].
 */
export function rowsOf(
  cell: Cell,
  params: Named<Tensor>,
  x: Tensor,
  { reverse = false, truncate, first, lengths }: Course,
): Row {
  if (x.rank !== 3 || x.shape[2] !== cell.inputs)
    throw new ShapeError(
      `${cell.config.name}: x must be [sequences, steps, ${cell.inputs}], received ${showShape(x.shape)}`,
    );
  const [batch, steps, inputs] = x.shape as [number, number, number];
  if (lengths && (lengths.dtype !== "int32" || lengths.rank !== 1 || lengths.shape[0] !== batch))
    throw new ShapeError(`${cell.config.name}: lengths must be int32[${batch}], received ${showSpec(lengths)}`);
  const step = first ? add(arange(steps), first) : arange(steps);
  const turned = transpose(x, [1, 0, 2]);
  // What stands in steps that don't count must not reach a gradient as 0 times infinity.
  const read = lengths ? where(expandDims(less(expandDims(step, 1), expandDims(lengths, 0)), 2), turned, 0) : turned;
  const flat = reshape(read, [steps * batch, inputs]);
  const seen = mapNamed(cell.project(params, flat), (y) => reshape(y, [steps, batch, ...y.shape.slice(1)]));
  return { step, seen, ...(truncate !== undefined && { cut: cuts(steps, truncate, reverse) }) };
}

/** [T]: 1 at each step before which as many steps were run as are a multiple of `every`. */
function cuts(steps: number, every: number, reverse: boolean): Tensor {
  const flags = Array.from({ length: steps }, (_, i) => Number(i > 0 && i % every === 0));
  return constant(array(reverse ? flags.reverse() : flags, { shape: [steps] }));
}

/** The carry before the first step. Throws ShapeError for a start that doesn't fit the batch. */
export function firstCarry(cell: Cell, params: Named<Tensor>, x: Tensor, { start, lengths }: Course): Carry {
  const batch = x.shape[0]!;
  const zeros = (width: number): Tensor => broadcastTo(constant(0, x.dtype), [batch, width]);
  const given = { ...mapNamed(cell.state, zeros), ...cell.start?.(params, batch), ...start };
  for (const [name, value] of Object.entries(given)) {
    const width = cell.state[name];
    if (width === undefined)
      throw new ShapeError(
        `${cell.config.name}: start: its state has ${Object.keys(cell.state).join(", ")}, received ${name}`,
      );
    if (value.rank !== 2 || value.shape[0] !== batch || value.shape[1] !== width)
      throw new ShapeError(
        `${cell.config.name}: start: ${name} must be [${batch}, ${width}], received ${showShape(value.shape)}`,
      );
  }
  return { state: given, ...(lengths && { last: zeros(cell.units) }) };
}

/** One step, of which nothing stays for sequences that have ended. */
export function stepOf(
  cell: Cell,
  params: Named<Tensor>,
  { state: before, last }: Carry,
  { step, cut, seen }: Row,
  { lengths, decide }: { readonly lengths: Tensor | undefined; readonly decide: Decide },
): { readonly carry: Carry; readonly output: Tensor } {
  const read = cut ? mapNamed(before, (value) => where(cut, stopGradient(value), value)) : before;
  const { state, output } = cell.step(params, read, seen, decide);
  if (!lengths) return { carry: { state }, output };
  const counts = expandDims(less(step, lengths), 1);
  return {
    carry: {
      state: mapNamed(state, (value, name) => where(counts, value, read[name]!)),
      last: where(counts, output, last!),
    },
    output: where(counts, output, 0),
  };
}
