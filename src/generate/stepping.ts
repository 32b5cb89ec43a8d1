import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { add, reshape, slice, sub, type Tensor } from "../graph/index.ts";
import type { Params, StepwiseNetwork } from "../models/model.ts";
import { key } from "../random/index.ts";
import { DRAWS, type Drawing, lengthsIn, NETWORK, type NextRow, scalar } from "./drawing.ts";

/** More steps than any sequence has. */
const ENDLESS = 2 ** 30;

/** Draws from a network of stages that read step by step: each step is run once, from the state that the step before left. */
export function stepping(
  { model, draws, params, seed, sharpness, backend, count }: Drawing,
  network: StepwiseNetwork,
): NextRow {
  const program = compile(
    (before: Params<Tensor>, params: Params<Tensor>, x: Tensor, at: Tensor, sharpness: Tensor) => {
      const steps = x.shape[1]!;
      const { output, after } = network.output(params, x, {
        ...{ before, first: sub(add(at, 1), steps), fields: lengthsIn(model, count, ENDLESS) },
        ...{ readout: model.head.select.readout, key: key(seed).fold(NETWORK) },
      });
      const predicted = reshape(slice(output, [0, steps - 1], [count, steps]), [count, ...output.shape.slice(2)]);
      return { state: after, predicted, drawn: draws.draw(predicted, key(seed).fold(DRAWS).fold(at), sharpness) };
    },
    { backend },
  );
  const kept = resident<Params<Tensor>>(params, { backend });
  const state = resident<Params<Tensor>>(network.stateFor(count), { backend });
  return (rows, at) => program(state, kept, rows, scalar(at), sharpness);
}
