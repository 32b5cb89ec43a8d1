import { batchCount } from "../data/batches.ts";
import type { TrainingData } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import type { Clock } from "../optimizers/index.ts";
import { EPOCHS, type TrainingConfig } from "./config.ts";

/** How long a training is, in steps, as far as that is known: of a stream it may not be. */
export interface Length {
  /** Steps of an epoch. */
  readonly epoch: number | undefined;
  readonly total: number | undefined;
}

export function lengthOf(
  { train }: Pick<TrainingData, "train">,
  { batch, steps, epochs = EPOCHS }: TrainingConfig,
): Length {
  const epoch = train.size === undefined ? undefined : batchCount(train.size, batch, { last: "keep" });
  return { epoch, total: steps ?? (epoch && epoch * epochs) };
}

/** The clock of a schedule. Throws UserError for one that needs a length that isn't known. */
export function clockOf({ epoch, total }: Length, { schedule: { name, warmup } }: TrainingConfig): Clock {
  if (epoch !== undefined && total !== undefined) return { epoch, total };
  if (name !== "constant" || warmup)
    throw new UserError(
      `train: the schedule ${name}${warmup ? " with warmup" : ""} counts in epochs: give the stream a size`,
    );
  return { epoch: 1, total: 1 };
}
