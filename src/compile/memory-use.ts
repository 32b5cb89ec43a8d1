import { dependencies, needed } from "../graph/evaluate.ts";
import { type Spec, sizeOf } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Program } from "../plan/program.ts";
import { type Arguments, type Compiled, TRACED } from "./compile.ts";

/** The memory that a call of a compiled function needs, in bytes. */
export interface MemoryUse {
  /** In bytes: arrays that live on the backend, such as parameters, the optimizer's state and resident data. */
  readonly resident: number;
  /** In bytes: arrays that are handed over with each call. */
  readonly handed: number;
  /** In bytes: numbers that the program itself has. */
  readonly constants: number;
  /** In bytes: room for intermediate results, with what matrix products pack. */
  readonly intermediate: number;
  /** In bytes: the most of the intermediate results that are needed at once, in the order in which they are computed. */
  readonly live: number;
  /** In bytes: all of it together. */
  readonly peak: number;
  /** In bytes: what no plan with this order can do without: `peak` with `live` in place of `intermediate`. */
  readonly bound: number;
}

/** The memory that a call of a compiled function needs. Plans it, and runs nothing. Throws UserError for what can't be called so. */
export function memoryUse<A extends readonly unknown[], R>(step: Compiled<A, R>, ...args: Arguments<A, R>): MemoryUse {
  const { program, plan } = step[TRACED](args).executable;
  const wanted = [...program.outputs, ...program.updates.map((u) => u.value)];
  const live = plan ? 4 * plan.live : mostAtOnce(wanted, new Set(program.inputs.map(({ tensor }) => tensor)));
  const intermediate = plan ? 4 * plan.arena : live;
  const own = { ...bytesOfInputs(program), constants: 4 * (plan?.constantSize ?? 0), intermediate, live };
  const held = own.resident + own.handed + own.constants;
  return { ...own, peak: held + intermediate, bound: held + live };
}

/** Bytes of an array. */
export const bytesOf = ({ shape, dtype }: Spec): number => (dtype === "float64" ? 8 : 4) * sizeOf(shape);

/** Bytes of what a program is run with; an array at two places counts once. */
function bytesOfInputs({ inputs }: Program): Pick<MemoryUse, "resident" | "handed"> {
  const bytes = { resident: 0, handed: 0 };
  for (const { tensor, resident, sameAs } of inputs)
    if (sameAs === undefined) bytes[resident ? "resident" : "handed"] += bytesOf(tensor);
  return bytes;
}

/** Bytes of the results that are there at once at most: each is let go after its last use, but for what is wanted. */
function mostAtOnce(wanted: readonly Tensor[], given: ReadonlySet<Tensor>): number {
  const nodes = needed(wanted, given).filter((node) => !given.has(node));
  const kept = new Set(wanted);
  const last = new Map<Tensor, Tensor>();
  for (const node of nodes) for (const x of dependencies(node)) last.set(x, node);
  let [live, most] = [0, 0];
  for (const node of nodes) {
    live += bytesOf(node);
    most = Math.max(most, live);
    for (const x of new Set(dependencies(node)))
      if (last.get(x) === node && !kept.has(x) && !given.has(x)) live -= bytesOf(x);
  }
  return most;
}
