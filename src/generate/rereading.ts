import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { UserError } from "../errors.ts";
import { expandDims, gather, NdArray, reshape, type Tensor, transpose } from "../graph/index.ts";
import type { Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { DRAWS, type Drawing, lengthsIn, NETWORK, type NextRow, scalar } from "./drawing.ts";

/**
 * Draws from a network that must read the whole sequence again at each step. It is run over all of its steps each time, those that aren't drawn yet
 * being zeros. Throws UserError for a network that looks at them.
 */
export function rereading({ model, draws, params, seed, sharpness, backend, count }: Drawing): NextRow {
  const [room, width] = model.inputShape as [number, number];
  const x = NdArray.zeros([count, room, width]);
  const program = compile(
    (params: Params<Tensor>, x: Tensor, at: Tensor, sharpness: Tensor) => {
      // The units' noise is that of the step, and the same whenever the step is run again.
      const fields = lengthsIn(model, count, room);
      const output = model.output(params, x, model.head.select.readout, key(seed).fold(NETWORK), fields);
      const [, , ...rest] = output.shape;
      const steps = transpose(output, [1, 0, ...rest.map((_, i) => i + 2)]);
      const predicted = reshape(gather(steps, expandDims(at, 0)), [count, ...rest]);
      return { predicted, drawn: draws.draw(predicted, key(seed).fold(DRAWS).fold(at), sharpness) };
    },
    { backend },
  );
  const kept = resident<Params<Tensor>>(params, { backend });
  let checked = false;
  return ({ data, shape: [, n] }, at) => {
    const each = n! * width;
    for (let i = 0; i < count; i++)
      x.data.set(data.subarray(i * each, (i + 1) * each), (i * room + at + 1 - n!) * width);
    const predict = (of: NdArray) => program(kept, of, scalar(at), sharpness);
    if (!checked && at + 1 < room) checkCausal((of) => predict(of).predicted, x, at + 1);
    checked = true;
    return predict(x);
  };
}

/** Throws UserError where a prediction changes with rows that come after it. */
function checkCausal(predict: (x: NdArray) => NdArray, x: NdArray, begun: number): void {
  const [, room, width] = x.shape as [number, number, number];
  const other = new NdArray(
    Float32Array.from(x.data, (value, i) => (Math.floor(i / width) % room < begun ? value : value + Math.sin(i + 1))),
    x.shape,
  );
  const [one, two] = [predict(x), predict(other)];
  if (one.data.some((value: number, i: number) => !Object.is(value, two.data[i])))
    throw new UserError(
      "generate: the network must be causal, but what it predicts at a step depends on later steps: train one without stages that read sequences backward or as a whole",
    );
}
