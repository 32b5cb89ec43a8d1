import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { isProduct, operandsOf, type Value } from "./value.ts";

/**
 * What the planner joins into one pass, by name, so that each can be omitted and its worth measured:
 *
 * - `epilogue`: bias, activation and sampling in the tile of a matrix product
 * - `update`: an optimizer's step in the tile of the weight gradient's product
 * - `chain`: elementwise operations of one shape with each other
 * - `rows`: reductions of rows, and what is computed from them, in the tape that makes the rows (softmax, a loss)
 */
export const fusions = ["epilogue", "update", "chain", "rows"] as const;
/** What the planner joins into one pass: "epilogue", "update", "chain" or "rows". */
export type Fusion = (typeof fusions)[number];

export interface PlanOptions {
  /** A tool for measurement: fusions to leave out. Results agree to a rounding; a run takes more passes over memory. */
  readonly without?: readonly Fusion[] | undefined;
}

/** Throws UserError for a name that is no fusion's. */
export function checkPlanOptions({ without = [] }: PlanOptions): void {
  if (!Array.isArray(without))
    throw new UserError(`compile: without must be an array of ${fusions.join(", ")}, received ${show(without)}`);
  for (const name of without)
    if (!fusions.includes(name))
      throw new UserError(`compile: without must name some of ${fusions.join(", ")}, received ${show(name)}`);
}

/** Whether a value may run in a tape, which a matrix product may be the root of, and which then has columns or not. */
export type MayJoin = (
  value: Value,
  tape: { readonly root?: Value | undefined; readonly hasColumns: boolean },
) => boolean;

/**
 * The rule for `fuse`. Several products meet in one tape where `severalProducts` says so. An elementwise value counts as part of an `update` where nothing but elementwise operations lie
 * between it and a new state.
 */
export function joiningWithout(
  without: readonly Fusion[],
  values: readonly Value[],
  updated: ReadonlySet<Value>,
  severalProducts = false,
): MayJoin {
  if (without.length === 0) return (value) => severalProducts || !isProduct(value);
  const off = new Set(without);
  const updating = new Set<Value>();
  for (const value of [...values].reverse()) {
    if (value.make.kind !== "elementwise" || !(updated.has(value) || updating.has(value))) continue;
    updating.add(value);
    for (const { value: operand } of operandsOf(value)) updating.add(operand);
  }
  return (value, { root, hasColumns }) => {
    if (isProduct(value)) return severalProducts && !off.has("epilogue");
    if (hasColumns && off.has("rows")) return false;
    if (root) return !off.has(updating.has(value) ? "update" : "epilogue");
    return value.make.kind === "reduce" || !off.has("chain");
  };
}
