import { add, div, type Tensor } from "../graph/index.ts";

/** The sum of tensors of one shape, from the first to the last. */
export const total = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, term) => add(sum, term));

/** Their mean. */
export const average = (terms: readonly Tensor[]): Tensor => div(total(terms), terms.length);
