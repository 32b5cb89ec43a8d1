import { ReferenceNetwork } from "./reference-network.ts";
import { initialWeights, stepData, type TrainingStep, trainingStep } from "./training-step.ts";
import type { Workload } from "./workload.ts";

export type Forward = { kind: "forward"; units: number[]; batch: number };

/** The training step whose network and data the forward pass has. */
export const stepOf = ({ units, batch }: Forward): TrainingStep => ({ kind: "step", units, batch, stochastic: false });

/** The class scores of a rectified dense network, at its initial weights. */
export const forward: Workload<Forward> = {
  name: () => "forward",
  size: (task) => trainingStep.size(stepOf(task)),
  unit: () => "examples/s",
  better: "more",
  value: ({ batch }, runsPerSecond) => batch * runsPerSecond,
  /** The evidence is all scores, [batch, classes]. */
  checker(task) {
    const step = stepOf(task);
    const exact = new ReferenceNetwork(step, initialWeights(step)).scores(stepData(step).x);
    return (scores) => {
      if (scores.length !== exact.length)
        throw new Error(`${exact.length} scores were asked for, ${scores.length} came`);
      for (const [i, score] of scores.entries())
        if (!(Math.abs(score - exact[i]!) <= 1e-4 * (1 + Math.abs(exact[i]!))))
          throw new Error(`score ${i} is ${score}, in float64 it is ${exact[i]}`);
    };
  },
};
