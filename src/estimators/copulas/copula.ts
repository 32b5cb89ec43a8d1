import type { Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";

/** A way to draw K samples of a unit that repel each other, each of them 1 with probability p = σ(a). */
export interface Copula {
  /** The first is what the unit outputs. a [B, H] → K ≥ 2 of [B, H] */
  samples(a: Tensor, key: Key, K: number): Tensor[];
  /** p(1 − p)/(p − P(b = b' = 1)): what makes a leave-one-out estimate from them unbiased again. [B, H] */
  correction(a: Tensor, K: number): Tensor;
}
