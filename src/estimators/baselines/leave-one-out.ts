import { div, outer, sub, type Tensor } from "../../graph/index.ts";
import { total } from "../total.ts";

/**
 * (1/K) Σ_k (L_k − the mean of the others' losses)(b_k − p) = Σ_k (L_k − L̄)(b_k − p) / (K − 1): each of K ≥ 2 samples of an example
 * is centred by the others. Losses enter as differences from the first, so that large equal ones cancel without rounding.
 * @param losses  K of [B]
 * @param samples K of [B, H]
 * @param p       [B, H] P(b = 1)
 * @returns       [B, H]
 */
export function leaveOneOut(losses: readonly Tensor[], samples: readonly Tensor[], p: Tensor): Tensor {
  const K = losses.length;
  const differences = losses.map((loss) => sub(loss, losses[0]!));
  const mean = div(total(differences), K);
  return div(total(differences.map((d, k) => outer(sub(d, mean), sub(samples[k]!, p)))), K - 1);
}
