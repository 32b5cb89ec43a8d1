import { key, type NdArray } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { array, compile, type Model, mlp, predictor, resident, save, type Tensor } from "../../src/index.ts";
import { predictor as inference } from "../../src/inference/index.ts";
import type { Params } from "../../src/models/model.ts";
import { millisecondsOf } from "../stopwatch.ts";
import { uniforms } from "../workloads/data.ts";
import { positiveInteger } from "../workloads/sizes.ts";
import { startBackend } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

const COMPILED = "compiled call";

/** Reads 784-400-10: inputs, hidden units, classes. Throws UserError for anything else. */
function parseSize(text: string): readonly [input: number, units: number, classes: number] {
  const [input, units, classes, ...rest] = text.split("-").map(positiveInteger);
  if (!input || !units || !classes || classes < 2 || rest.length > 0)
    throw new UserError(`predict: a size is inputs-units-classes such as 784-400-10, received ${text}`);
  return [input, units, classes];
}

/** One example, by the compiled call alone, by a predictor on the same backend, and by heaviside/inference. */
async function lanesOf(text: string, backends: readonly string[], threads: number, seconds: number): Promise<Lane[]> {
  const [input, units, classes] = parseSize(text);
  const model = mlp({ input, hidden: [{ units, estimator: "straight-through-slope" }], classes }) as Model;
  const { params } = model.init(1);
  const bytes = save({ model, params });
  const example = uniforms(3, input);
  const lanes: Lane[] = [];
  const lane = (engine: string, count: number, note: string, setting: string, run: () => unknown): Lane => ({
    ...{ engine, threads: count, note, setting },
    take: async () => 1000 * millisecondsOf(() => void run(), seconds),
  });
  for (const name of backends) {
    const { backend, note } = await startBackend(name, threads);
    const held = resident<Params<Tensor>>(params, { backend });
    const call = compile((p: Params<Tensor>, x: Tensor) => model.predict(p, x, "deterministic", key(0)).predicted, {
      backend,
    });
    const x: NdArray = array(example, { shape: [1, input] });
    const predict = await predictor(bytes, { backend });
    lanes.push(lane(`heaviside ${name}`, threads, note, COMPILED, () => call(held, x)));
    lanes.push(lane(`heaviside ${name}`, threads, note, "predictor", () => predict(example)));
  }
  const predict = await inference(bytes);
  lanes.push(lane("heaviside/inference", 1, "WebAssembly, one thread", "predictor", () => predict(example)));
  return lanes;
}

/** What a predictor adds to the compiled call that it makes. */
export const predictLatency: Subject = {
  example: "predict 784-400-10",
  about: "microseconds of predicting one example: the compiled call, a predictor, heaviside/inference",
  usual: {
    sizes: ["784-400-10", "784-32-10", "16-8-2"],
    backends: ["native", "wasm"],
    threads: [1],
    seconds: 0.1,
  },
  async *contests({ sizes, backends, threads, seconds }): AsyncGenerator<Contest> {
    for (const size of sizes) parseSize(size);
    for (const size of sizes)
      for (const count of threads)
        yield {
          workload: `predict one example, ${size}`,
          unit: "µs",
          better: "less",
          base: COMPILED,
          lanes: await lanesOf(size, backends, count, seconds),
        };
  },
};
