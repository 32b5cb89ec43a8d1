import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { input, leaves, mapTree, mean, type NdArray, notEqual, type Tensor, type Tree } from "../graph/index.ts";
import { meanRow } from "../statistics/sample.ts";
import { denseWork, type Work, workDone, workOf } from "./work.ts";

/** Multiply-adds for one example. */
export interface Account {
  /** With every block computed, and every product in full. */
  readonly dense: number;
  /** As the gates and spikes are. */
  readonly done: number;
  /**
   * The share of open blocks where closed ones are skipped, one for each use of gates in the program's order. Of products that skip what is 0, the share
   * of numbers or rows that isn't.
   */
  readonly open: readonly number[];
}

/** A function of trees of tensors, and batches of such arguments to run it on. */
export interface Traced<A extends readonly unknown[]> {
  readonly f: (...args: A) => unknown;
  readonly batches: readonly Arguments<A>[];
  /** Examples in each batch. */
  readonly size: number;
}
type Arguments<A extends readonly unknown[]> = { readonly [K in keyof A]: Tree<NdArray> };

/** What a function costs for one example: its products counted in the traced graph, its open blocks in what its gates really give. */
export function accountOf<A extends readonly unknown[]>({ f, batches, size }: Traced<A>, backend: Backend): Account {
  const placeholders = batches[0]!.map((tree, i) =>
    mapTree(tree, ({ shape, dtype }, path) => input(`${i}${path}`, { shape, dtype })),
  );
  const work = workIn(f(...(placeholders as unknown as A)));
  const open = work.behind.size === 0 ? [] : openShares(f, batches, backend);
  const shares = new Map([...work.behind.keys()].map((gates, i) => [gates, open[i]!]));
  return { dense: denseWork(work) / size, done: workDone(work, (gates) => shares.get(gates)!) / size, open };
}

const workIn = (result: unknown): Work => workOf(leaves(result as Tree<Tensor>).map(({ value }) => value));

/** The share of gates that aren't 0, for each gates that blocks are skipped by; the mean over the batches. */
function openShares<A extends readonly unknown[]>(
  f: Traced<A>["f"],
  batches: readonly Arguments<A>[],
  backend: Backend,
): number[] {
  const program = compile(
    (...args: readonly unknown[]) =>
      [...workIn(f(...(args as unknown as A))).behind.keys()].map((gates) => mean(notEqual(gates, 0))),
    { backend },
  );
  const found = batches.map((batch) => (program(...(batch as readonly never[])) as NdArray[]).map((x) => x.item()));
  return meanRow(found);
}
