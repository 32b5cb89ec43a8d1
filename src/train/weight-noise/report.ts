import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import type { Resident } from "../../compile/resident.ts";
import type { Tensor } from "../../graph/index.ts";
import type { TrainingState } from "../step.ts";
import type { WeightNoise, WeightNoiseReport } from "./weight-noise.ts";

/** What is reported of a training's learned noise, from its state where it lies; undefined where none is learned. */
export function weightNoiseReporter(
  noise: WeightNoise | undefined,
  backend: Backend,
): (state: Resident<TrainingState<Tensor>>) => WeightNoiseReport | undefined {
  const report = noise?.report;
  if (!report) return () => undefined;
  const program = compile(
    ({ params, weightNoise: { logDeviation } }: TrainingState<Tensor>) => report({ params, logDeviation }),
    { backend },
  );
  return (state) => {
    const { kl, bitsPerWeight, prunable } = program(state);
    return { kl: kl.item(), bitsPerWeight: bitsPerWeight.item(), prunable: prunable.item() };
  };
}
