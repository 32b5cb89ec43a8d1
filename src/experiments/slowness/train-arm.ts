import type { Backend } from "../../backends/backend.ts";
import { inputAndClasses, type LabelledDataset, partOf } from "../../data/dataset.ts";
import { type ArmName, armModel, arms } from "./arms.ts";
import type { Part, PartName, Plan } from "./plan.ts";
import { type Outcome, type TrialOptions, trial } from "./trial.ts";

/** The data with fewer training examples. */
export function limited(data: LabelledDataset, limit: number): LabelledDataset {
  return { ...data, train: partOf(data.train, 0, limit) };
}

export const stepsOf = ({ epochs, limit }: Part, data: LabelledDataset, batch: number): number =>
  epochs * Math.floor(Math.min(limit, data.train.size) / batch);

/** Which training of a plan. */
export interface ArmTraining extends Pick<TrialOptions, "signal" | "onProgress" | "onPoint"> {
  readonly part: PartName;
  readonly arm: ArmName;
  readonly rate: number;
  readonly seed: number;
  /** Whether the test set is read at the end. */
  readonly test: boolean;
  readonly backend: Backend;
}

/** One training of an arm, as the plan says. Rejects with the signal's reason when it is aborted. */
export function trainArm(plan: Plan, data: LabelledDataset, { part, arm, ...options }: ArmTraining): Promise<Outcome> {
  const { hidden, limit } = plan.parts[part];
  const model = armModel(arms[arm], { ...inputAndClasses(data), hidden });
  const steps = stepsOf(plan.parts[part], data, plan.batch);
  return trial(model, limited(data, limit), { ...plan, ...options, steps });
}
