import { UserError } from "../errors.ts";
import { constant, leaves, mul, type NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { isBranch } from "../graph/tree.ts";
import type { Optimizer } from "./optimizer.ts";
import { mapTreesAt } from "./trees.ts";

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
type Memory<T> = {
  readonly others: Tree<T>;
  readonly groups: { readonly [name: string]: Tree<T> };
};

/** Parameters whose own name (the last part of their path) is that of a group are moved by its optimizer, all others by `optimizer`. */
export function grouped(optimizer: Optimizer, groups: { readonly [name: string]: Group }): Optimizer {
  const names = Object.keys(groups);
  const isOther = (key: string): boolean => !names.includes(key);
  return {
    init(params) {
      const own = Object.entries(groups).map(([name, group]) => {
        const part = pruned<NdArray>(params, (key) => key === name);
        if (leaves<NdArray>(part).length === 0)
          throw new UserError(
            `optimizer: parameters.${name}: no parameter is called so; there are ${namesIn(params).join(", ")}`,
          );
        return [name, group.optimizer.init(part)] as const;
      });
      return {
        others: optimizer.init(pruned<NdArray>(params, isOther)),
        groups: Object.fromEntries(own),
      } satisfies Memory<NdArray>;
    },
    update(params, grads, state, rate) {
      const memory = state as Memory<Tensor>;
      const moved = (by: Optimizer, keep: (key: string) => boolean, before: Tree<Tensor>, at: Tensor) =>
        by.update(pruned<Tensor>(params, keep), pruned<Tensor>(grads, keep), before, at);
      const others = moved(optimizer, isOther, memory.others, rate);
      const own = Object.entries(groups).map(([name, group]) => ({
        name,
        ...moved(group.optimizer, (key) => key === name, memory.groups[name]!, group.rate(rate)),
      }));
      const next = new Map(
        [others, ...own].flatMap(({ params }) =>
          leaves<Tensor>(params).map(({ path, value }) => [path, value] as const),
        ),
      );
      return {
        params: mapTreesAt((path) => next.get(path)!, params),
        state: {
          others: others.state,
          groups: Object.fromEntries(own.map(({ name, state }) => [name, state])),
        } satisfies Memory<Tensor>,
      };
    },
  };
}

/** The tree with only those leaves of records whose key is kept; lists keep their length, so that paths stay. */
function pruned<T>(tree: unknown, keep: (key: string) => boolean): Tree<T> {
  if (Array.isArray(tree)) return tree.map((branch) => pruned<T>(branch, keep));
  if (!isBranch(tree)) return tree as T;
  const kept = Object.entries(tree).filter(([key, value]) => isBranch(value) || keep(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, isBranch(value) ? pruned<T>(value, keep) : (value as T)]));
}

/** The own names of a tree's leaves, each once. A name may have dots. */
function namesIn(params: unknown): string[] {
  if (Array.isArray(params)) return [...new Set(params.flatMap(namesIn))];
  if (!isBranch(params)) return [];
  const names = Object.entries(params).flatMap(([key, value]) => (isBranch(value) ? namesIn(value) : [key]));
  return [...new Set(names)];
}
