import { concat, mean, reshape, slice, stopGradient, type Tensor } from "../graph/index.ts";
import type { Downstream } from "./estimator.ts";
import { choice } from "./options/option.ts";

/** The option of estimators that draw several samples: which of them the downstream network is trained with. */
export const liveOption = choice(
  ["one", "all"],
  "one",
  "samples that train the downstream network; one: the first, the others give only their losses; all: the mean over all of them",
);

/** The losses of several samples of a layer. */
export interface Sent {
  /** [B]: that of the first sample, or the mean of all; it trains the downstream network. */
  readonly loss: Tensor;
  /** One [B] for each sample, constants. */
  readonly losses: readonly Tensor[];
}

/**
 * Outputs several samples to the downstream network. "one": a live call with the first and one detached call with all others.
 * "all": one live call with all of them, K copies of the batch.
 * @param samples [B, H] each
 */
export function send(downstream: Downstream, samples: readonly Tensor[], live: "one" | "all"): Sent {
  const [first, ...others] = samples;
  if (live === "all") {
    const all = rows(downstream(concat(samples, 0)), samples.length);
    return { loss: mean(all, 0), losses: split(stopGradient(all)) };
  }
  const loss = downstream(first!);
  const rest = others.length === 0 ? [] : split(rows(downstream(concat(others, 0), "detached"), others.length));
  return { loss, losses: [stopGradient(loss), ...rest] };
}

/** [K·B] → [K, B] */
const rows = (losses: Tensor, copies: number): Tensor => reshape(losses, [copies, losses.size / copies]);
/** [K, B] → K tensors [B] */
const split = (losses: Tensor): Tensor[] =>
  Array.from({ length: losses.shape[0]! }, (_, k) => reshape(slice(losses, k, k + 1), [losses.shape[1]!]));
