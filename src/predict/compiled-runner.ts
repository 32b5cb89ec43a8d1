import type { Borrowed } from "../backends/select.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { constant, NdArray, type Tensor } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { predictions } from "./program.ts";
import type { PredictionSpec, Reading, Runner } from "./spec.ts";

/** Rows of a call: a plan for each, made when it is first needed. */
const SIZES = [1, 8, 64];

/** Runs a network on a backend, planned for its kernels. */
export function compiledRunner(
  model: Model,
  params: Params<NdArray>,
  spec: PredictionSpec,
  { backend, end }: Borrowed,
): Runner {
  const held = resident<Params<Tensor>>(params, { backend });
  const outputsOf = (reading: Reading, p: Params<Tensor>, noise: [Tensor, Tensor], inputs: Tensor[]): Tensor[] => {
    const { predicted, gates } = predictions(model, reading, p, noise, inputs);
    return [...Object.values(predicted), ...gates];
  };
  // Without noise: an argument less takes a microsecond less.
  const deterministic = compile(
    (p: Params<Tensor>, ...inputs: Tensor[]) =>
      outputsOf("deterministic", p, [constant(0, "int32"), constant(0, "int32")], inputs),
    { backend },
  );
  const stochastic = compile(
    (p: Params<Tensor>, seed: Tensor, place: Tensor, ...inputs: Tensor[]) =>
      outputsOf("stochastic", p, [seed, place], inputs),
    { backend },
  );
  const number = (value: number): NdArray => new NdArray(Int32Array.of(value), []);
  return {
    spec,
    sizes: SIZES,
    run(reading, rows, [seed, place], inputs) {
      const arrays = inputs.map((data, i) => new NdArray(data, [rows, ...spec.inputs[i]!.shape]));
      const outputs =
        reading === "deterministic"
          ? deterministic(held, ...arrays)
          : stochastic(held, number(seed), number(place), ...arrays);
      return outputs.map(({ data }) => data as Float32Array | Int32Array);
    },
    async close() {
      held.dispose();
      await end();
    },
  };
}
