import type { Borrowed } from "../backends/select.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { constant, NdArray, type Tensor } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { outputsOf, predictions } from "./program.ts";
import { CALL_ROWS, type PredictionSpec, type Runner } from "./spec.ts";

/** Runs a network on a backend, planned for its kernels. */
export function compiledRunner(
  model: Model,
  params: Params<NdArray>,
  spec: PredictionSpec,
  { backend, end }: Borrowed,
): Runner {
  const held = resident<Params<Tensor>>(params, { backend });
  // Without noise: an argument less takes a microsecond less.
  const deterministic = compile(
    (p: Params<Tensor>, ...inputs: Tensor[]) =>
      outputsOf(predictions(model, "deterministic", p, [constant(0, "int32"), constant(0, "int32")], inputs)),
    { backend },
  );
  const stochastic = compile(
    (p: Params<Tensor>, seed: Tensor, place: Tensor, ...inputs: Tensor[]) =>
      outputsOf(predictions(model, "stochastic", p, [seed, place], inputs)),
    { backend },
  );
  const number = (value: number): NdArray => new NdArray(Int32Array.of(value), []);
  return {
    spec,
    sizes: CALL_ROWS,
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
