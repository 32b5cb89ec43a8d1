import { concat, gradients, mean, reshape, slice, stopGradient, sum, type Tensor } from "../graph/index.ts";
import type { Downstream } from "./estimator.ts";
import { pathGradient } from "./path-gradient.ts";

/** The losses of several samples of a layer, and their derivatives. */
interface SentWithGradients {
  /** [B]: that of the first sample, or the mean of all; it trains the downstream network. */
  readonly loss: Tensor;
  /** One [B] for each sample, constants. */
  readonly losses: readonly Tensor[];
  /** ∂loss/∂sample, one [B, H] for each sample, constants. */
  readonly gradients: readonly Tensor[];
}

/**
 * Outputs several samples to the downstream network, as `send` does, and takes the derivatives with respect to what was sent of the same
 * passes. "one": a live call with the first and one path call with all others. "all": one live call with all of them.
 * @param samples [B, H] each
 */
export function sendWithGradients(
  downstream: Downstream,
  samples: readonly Tensor[],
  live: "one" | "all",
): SentWithGradients {
  const [first, ...others] = samples;
  const copies = samples.length;
  const alive = stopGradient(live === "all" ? concat(samples, 0) : first!);
  const loss = downstream(alive);
  const slopes = gradients(sum(loss), [alive])[0]!;
  if (live === "all")
    return {
      loss: mean(reshape(loss, [copies, loss.size / copies]), 0),
      losses: rows(stopGradient(loss), copies),
      gradients: rows(stopGradient(slopes), copies),
    };
  const rest = pathGradient(downstream, concat(others, 0));
  return {
    loss,
    losses: [stopGradient(loss), ...rows(rest.loss, copies - 1)],
    gradients: [stopGradient(slopes), ...rows(rest.gradient, copies - 1)],
  };
}

/** [K·B, ...] → K tensors [B, ...] */
function rows(x: Tensor, copies: number): Tensor[] {
  const batch = x.shape[0]! / copies;
  return Array.from({ length: copies }, (_, k) => slice(x, k * batch, (k + 1) * batch));
}
