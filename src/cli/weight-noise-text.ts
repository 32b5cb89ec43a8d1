import { count, percent } from "../describe/format.ts";
import type { WeightNoiseReport } from "../train/index.ts";

/** What learned weight noise comes to: "KL 1,234 nats, 0.52 bits a weight, 34.00% of weights uncertain". */
export const weightNoiseText = ({ kl, bitsPerWeight, prunable }: WeightNoiseReport): string =>
  `KL ${count(kl)} nats, ${bitsPerWeight.toPrecision(3)} bits a weight, ${percent(100 * prunable)} of weights uncertain`;

/** The same for the line of an epoch: "KL 1,234 nats, 34.00% uncertain". */
export const weightNoiseBriefly = ({ kl, prunable }: WeightNoiseReport): string =>
  `KL ${count(kl)} nats, ${percent(100 * prunable)} uncertain`;
