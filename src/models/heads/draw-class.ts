import { argmax, log, neg, sub, type Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";

/** A class for each row, drawn with probability softmax(logits): that of the largest logit plus Gumbel noise. [B, C] → [B] int32 */
export function drawClass(logits: Tensor, key: Key): Tensor {
  const u = key.uniform(logits.shape, { open: true });
  return argmax(sub(logits, log(neg(log(u)))));
}
