import { arange, expandDims, isFloat, mapTree, mean, reshape, scan, slice, type Tensor } from "../../graph/index.ts";
import type { Batch } from "../../models/head.ts";
import type { TrainingPass } from "../../models/model.ts";

/**
 * The pass of a batch whose examples each have a pass of their own: a loop over them. What a pass keeps beside its loss (states of estimators,
 * penalties, observations, parameters that move by rule) is the mean over the examples.
 * @param pass gives that of example i, int32 [], a batch of one
 */
export function eachExample(
  batch: Batch<Tensor>,
  pass: (example: Batch<Tensor>, i: Tensor) => TrainingPass,
): TrainingPass {
  const length = Object.values(batch)[0]!.shape[0]!;
  const { ys } = scan(
    (none: Tree, { i, fields }: { readonly i: Tensor; readonly fields: Batch<Tensor> }) => {
      const example = Object.fromEntries(Object.entries(fields).map(([name, x]) => [name, expandDims(x, 0)]));
      const { loss, output, ...kept } = pass(example, i);
      return { carry: none, y: { loss: reshape(loss, []), output: reshape(output, output.shape.slice(1)), kept } };
    },
    {},
    { i: arange(length), fields: batch },
  );
  const { loss, output, kept } = ys;
  const overExamples = (x: Tensor): Tensor =>
    isFloat(x.dtype) ? mean(x, 0) : reshape(slice(x, length - 1, length), x.shape.slice(1));
  return { loss, output, ...mapTree(kept, overExamples) };
}

type Tree = { readonly [name: string]: Tensor };
