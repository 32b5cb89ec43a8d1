import { evaluatingAll } from "../layers/gated-blocks.ts";
import type { Model } from "./model.ts";

/** The same network with nothing skipped: its closed blocks are worked out like open ones, in whole matrix products. */
export const everythingEvaluated = (model: Model): Model => ({
  ...model,
  train: (...given) => evaluatingAll(() => model.train(...given)),
  logits: (...given) => evaluatingAll(() => model.logits(...given)),
});
