import { constant, leaves, mapTree, mul, type NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { isBranch } from "../graph/tree.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/** An optimizer of its own for parameters of some name, and its learning rate from the rate of the others. */
export interface Group {
  readonly optimizer: Optimizer;
  rate(others: Tensor): Tensor;
}

/** The learning rate of a group: its own, times what a schedule makes of the others'. */
export const groupRate =
  (own: number, others: number, scheduled: boolean): Group["rate"] =>
  (rate) =>
    scheduled ? mul(rate, own / others) : constant(own);

/** What an optimizer and those of the groups remember. */
interface Memory<T> {
  readonly others: Tree<T>;
  readonly groups: { readonly [name: string]: Tree<T> };
}

/** Parameters whose own name (the last part of their path) is that of a group are moved by its optimizer, all others by `optimizer`. */
export function grouped(optimizer: Optimizer, groups: { readonly [name: string]: Group }): Optimizer {
  const names = Object.keys(groups);
  const part = <T>(tree: Tree<T>, name: string | undefined): Tree<T> =>
    pruned(tree, (key) => (name === undefined ? !names.includes(key) : key === name));
  return {
    init(params) {
      const memory: Memory<NdArray> = {
        others: optimizer.init(part(params, undefined)),
        groups: Object.fromEntries(
          Object.entries(groups).map(([name, group]) => [name, group.optimizer.init(part(params, name))]),
        ),
      };
      return memory as unknown as Tree<NdArray>;
    },
    update(params, grads, state, rate) {
      const memory = state as unknown as Memory<Tensor>;
      const others = optimizer.update(part(params, undefined), part(grads, undefined), memory.others, rate);
      const own = Object.entries(groups).map(([name, group]) => {
        const at = [part(params, name), part(grads, name), memory.groups[name]!] as const;
        return { name, ...group.optimizer.update(...at, group.rate(rate)) };
      });
      const next = new Map(
        [others, ...own].flatMap((updated) => leaves(updated.params).map(({ path, value }) => [path, value] as const)),
      );
      const remembered: Memory<Tensor> = {
        others: others.state,
        groups: Object.fromEntries(own.map(({ name, state }) => [name, state])),
      };
      return {
        params: mapTree(params, (_, path) => next.get(path)!),
        state: remembered as unknown as OptimizerState,
      };
    },
  };
}

/** The tree with only those leaves of records whose key is kept; lists keep their length, so that paths stay. */
function pruned<T>(tree: Tree<T>, keep: (key: string) => boolean): Tree<T> {
  if (Array.isArray(tree)) return tree.map((branch) => pruned(branch as Tree<T>, keep)) as unknown as Tree<T>;
  if (!isBranch(tree)) return tree;
  const entries = Object.entries(tree as { readonly [key: string]: Tree<T> });
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      if (isBranch(value)) return [[key, pruned(value, keep)] as const];
      return keep(key) ? [[key, value] as const] : [];
    }),
  ) as Tree<T>;
}
