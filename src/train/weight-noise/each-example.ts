import { concat, isFloat, leaves, mapTree, mean, slice, stack, type Tensor, type Tree } from "../../graph/index.ts";
import type { Batch } from "../../models/head.ts";
import type { Params, TrainingPass } from "../../models/model.ts";

/**
 * The pass of a batch whose examples each have a pass of their own, one after the other. What a pass keeps beside its losses and outputs (states
 * of estimators, penalties, observations, parameters that move by rule) is the mean over the examples; what they carry to the next batch stays theirs.
 *
 * It is no `scan`: an estimate that `attachGradient` adds doesn't come through one.
 * @param pass gives that of example i, a batch of one
 */
export function eachExample(
  batch: Batch<Tensor>,
  pass: (example: Batch<Tensor>, i: number) => TrainingPass,
): TrainingPass {
  const length = Object.values(batch)[0]!.shape[0]!;
  const passes = Array.from({ length }, (_, i) =>
    pass(Object.fromEntries(Object.entries(batch).map(([name, x]) => [name, slice(x, i, i + 1)])), i),
  );
  const kept = passes.map(({ loss: _, output: __, carried: ___, ...rest }) => rest);
  const found = kept.map((tree) => new Map(leaves(tree as Tree<Tensor>).map(({ path, value }) => [path, value])));
  const { carried } = passes[0]!;
  return {
    loss: concat(passes.map(({ loss }) => loss)),
    output: concat(passes.map(({ output }) => output)),
    ...mapTree(kept[0]!, (x, path) =>
      isFloat(x.dtype) ? mean(stack(found.map((tree) => tree.get(path)!)), 0) : found.at(-1)!.get(path)!,
    ),
    ...(carried && { carried: joined(passes.map((each) => each.carried!)) }),
  };
}

const joined = (each: readonly Params<Tensor>[]): Params<Tensor> =>
  each[0]!.map((row, i) =>
    Object.fromEntries(Object.keys(row).map((name) => [name, concat(each.map((carried) => carried[i]![name]!))])),
  );
