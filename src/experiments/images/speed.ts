import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import type { LabelledDataset } from "../../data/dataset.ts";
import { constant, NdArray, sizeOf, sum, type Tensor } from "../../graph/index.ts";
import { interleaved } from "../../measure/timing.ts";
import type { Params } from "../../models/model.ts";
import { optimizerFor } from "../../optimizers/index.ts";
import { key } from "../../random/index.ts";
import { initialState, type TrainingState, trainingStep } from "../../train/step.ts";
import { type Arm, type ImagesPlan, netOf, optimizer } from "./plan.ts";

/** Milliseconds of a batch: the medians of rounds in which all networks run in turn. */
export interface ArmSpeed {
  readonly arm: Arm;
  /** Of a training step, and of the class scores. */
  readonly step: number;
  readonly forward: number;
}

/**
 * How fast the networks of a plan are beside each other, on the first training examples. The weights are fresh: how many gates are open does not depend on
 * them.
 */
export async function speedsOf(
  plan: ImagesPlan,
  data: string,
  examples: LabelledDataset,
  backend: Backend,
  onShare: (share: number) => Promise<void>,
): Promise<ArmSpeed[]> {
  const rows = Math.min(plan.batch, examples.train.size);
  const first = ({ data: values, shape: [, ...one] }: NdArray) =>
    resident<Tensor>(new NdArray(values.slice(0, rows * sizeOf(one)), [rows, ...one]), { backend });
  const [x, label] = [first(examples.train.fields.x), first(examples.train.fields.label)];
  const runs = plan.arms.flatMap((arm) => {
    const model = netOf(arm, plan, data, examples);
    const update = optimizerFor(optimizer);
    const state = resident<TrainingState<Tensor>>(initialState(model, update, 1), { backend });
    const params = resident<Params<Tensor>>(model.init(1).params, { backend });
    const step = compile(
      trainingStep(model, update, () => constant(optimizer.rate), { seed: 1 }),
      { backend },
    );
    const scores = compile((own: Params<Tensor>, images: Tensor) => sum(model.output(own, images, "deterministic", key(1))), { backend }); // biome-ignore format: one line
    return [() => void step(state, x, label).loss.item(), () => void scores(params, x).item()];
  });
  const times = await interleaved(runs, (done, of) => onShare(done / of));
  const milliseconds = times.map(({ value }) => 1000 * value);
  return plan.arms.map((arm, i) => ({ arm, step: milliseconds[2 * i]!, forward: milliseconds[2 * i + 1]! }));
}
