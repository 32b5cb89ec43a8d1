import type { PartCard } from "../options/index.ts";
import { card as adam } from "./adam.ts";
import { cards as clipping } from "./clip.ts";
import type { OptimizerName, ScheduleName, WeightDecayConfig } from "./config.ts";
import { cards as decay } from "./decay.ts";
import { card as maxNorm } from "./max-norm.ts";
import { card as momentum } from "./momentum.ts";
import { card as nesterov } from "./nesterov.ts";
import type { OptimizerCard } from "./optimizer.ts";
import { cards as schedule } from "./schedule.ts";
import { card as sgd } from "./sgd.ts";

/** A card for each optimizer. A new one has its line here, beside that in `config.ts`. */
export const optimizerCards: { readonly [N in OptimizerName]: OptimizerCard } = { sgd, momentum, nesterov, adam };

/** A card for each schedule, with the function of heaviside/engine that makes it. */
export const scheduleCards: { readonly [N in ScheduleName | "warmup"]: PartCard & { readonly made: string } } = {
  constant: { ...schedule.constantRate, made: "constantRate" },
  "step-decay": { ...schedule.stepDecay, made: "stepDecay" },
  exponential: { ...schedule.exponential, made: "exponential" },
  cosine: { ...schedule.cosine, made: "cosine" },
  warmup: { ...schedule.warmup, made: "warmup" },
};

/** A card for each kind of weight decay. */
export const decayCards: { readonly [K in WeightDecayConfig["kind"]]: PartCard & { readonly made: string } } = {
  l2: { ...decay.l2, made: "l2" },
  decoupled: { ...decay.decoupledDecay, made: "decoupledDecay" },
};

export { clipping as clipCards, maxNorm as maxNormCard };
