import { reshape, type Shape, sameShape, shapeError, showShape, sizeOf, type Tensor } from "../../graph/index.ts";

/** What an array is as a sequence: [T] single numbers, or rows of [T, …]. */
export const sequenceOf = (shape: Shape): { readonly steps: number; readonly inputs: number } => ({
  steps: shape[0]!,
  inputs: sizeOf(shape.slice(1)),
});

/**
 * x [R, T, …] → [R, T, I]: sequences of the values that a stage was made for, `input` [T, …]; T may be another than there. The values of
 * one sequence may also be flattened to [T · I]. Throws ShapeError for anything else, naming the stage.
 */
export function asSequences(stage: string, input: Shape, x: Tensor): Tensor {
  const { inputs } = sequenceOf(input);
  const each = x.shape.slice(1);
  const flattened = each.length === 1 || input.length === 1;
  const fits =
    x.shape.length > 1 && (sameShape(each.slice(1), input.slice(1)) || (flattened && sizeOf(each) === sizeOf(input)));
  if (!fits)
    throw shapeError(
      `${stage}: reads a batch of sequences [${["B", "T", ...input.slice(1)].join(", ")}], received ${showShape(x.shape)}`,
    );
  return reshape(x, [x.shape[0]!, -1, inputs]);
}
