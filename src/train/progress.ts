import { EPOCHS, type TrainingConfig } from "./config.ts";
import type { Progress } from "./events.ts";
import type { Length } from "./length.ts";
import type { Position } from "./snapshot.ts";

interface Setting {
  readonly config: TrainingConfig;
  readonly length: Length;
  /** Seconds that a step takes. */
  readonly perStep: number;
  /** Examples per second. */
  readonly speed: number;
}

/** Where a training stands, for those who wait for it. */
export function progressAt(at: Position, { config, length, perStep, speed }: Setting): Progress {
  const { epoch: steps = Number.NaN, total = Number.NaN } = length;
  return {
    epoch: at.epoch,
    epochs: config.steps === undefined ? (config.epochs ?? EPOCHS) : Math.ceil(total / steps),
    step: at.batch,
    steps,
    loss: at.loss / at.examples,
    examplesPerSecond: speed,
    secondsLeft: perStep * (total - at.step),
  };
}
