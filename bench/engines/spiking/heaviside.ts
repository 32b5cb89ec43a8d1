import { add, greater, matmul, mul, NdArray, scan, sparseMatmul } from "../../../src/entries/engine.ts";
import { array, compile, resident, type Tensor } from "../../../src/index.ts";
import { DECAY, type Spiking, spikingInputs, spikingSamples } from "../../workloads/spiking.ts";
import { repeat, type Session, unknownForm } from "../engine.ts";

const products: Readonly<Record<string, (spikes: Tensor, weight: Tensor) => Tensor>> = {
  dense: matmul,
  skip: sparseMatmul,
};

/** All steps, in the form `dense` or `skip`. Inputs and the last membranes stay on the backend. */
export function spikingSession(task: Spiking, form: string): Session {
  const product = Object.hasOwn(products, form) ? products[form]! : unknownForm("heaviside", task, form);
  const { batch, length, units } = task;
  const given = spikingInputs(task);
  type State = { thresholds: Tensor; weight: Tensor; start: Tensor; end: Tensor };
  const state = resident<State>({
    thresholds: array(given.thresholds, { shape: [length, batch, units] }),
    weight: array(given.weight, { shape: [units, units] }),
    start: NdArray.zeros([batch, units]),
    end: NdArray.zeros([batch, units]),
  });
  const run = compile(({ thresholds, weight, start }: State) => {
    const step = (v: Tensor, threshold: Tensor) => ({
      carry: add(mul(v, DECAY), product(greater(v, threshold), weight)),
      y: [],
    });
    return { state: { thresholds, weight, start, end: scan(step, start, thresholds).carry } };
  });
  return {
    async evidence() {
      run(state);
      const { data } = state.read().end;
      return spikingSamples(task).map((index) => data[index]!);
    },
    slice: (seconds) => repeat(() => void run(state), seconds),
    close() {},
  };
}
