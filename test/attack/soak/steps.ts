import type { Backend } from "../../../src/index.ts";
import type { Heaviside } from "../targets/target.ts";
import type { Load } from "./load.ts";

const [EXAMPLES, BATCH, INPUTS, CLASSES] = [100_000, 10, 8, 3] as const;

/** Points of [0, 1)⁸ in three classes by their first two numbers. */
export function points({ datasetFromArrays }: Heaviside, examples: number) {
  let word = 12_345;
  const uniform = (): number => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return word / 2 ** 32;
  };
  const x = Array.from({ length: examples }, () => Float32Array.from({ length: INPUTS }, uniform));
  return datasetFromArrays({ x, label: x.map(([a, b]) => (a! > 0.5 ? 0 : b! > 0.5 ? 1 : 2)) });
}

/** One training of a small network. */
export const stepsOn = (name: "native" | "wasm"): Load => ({
  name: `steps-${name}`,
  about: `one training of 8-16-3 with batches of 10 on the ${name} backend, two threads`,
  unit: "steps",
  amount: 20_000,
  full: 1_000_000,
  async run({ heaviside, amount, marks, mark }) {
    const { backend, mlp, train } = heaviside;
    const data = points(heaviside, EXAMPLES);
    const model = mlp({
      input: INPUTS,
      hidden: [{ units: 16, estimator: "straight-through-slope" }],
      classes: CLASSES,
    });
    const on: Backend = await backend(name, { threads: 2 });
    const perEpoch = Math.ceil(data.train.size / BATCH);
    const { valid } = await train(model, data, {
      ...{ epochs: Math.ceil(amount / perEpoch) + 1, batch: BATCH, optimizer: { name: "adam", rate: 0.001 } },
      ...{ backend: on, lookAt: marks, onLook: ({ step }) => mark(step) },
    });
    await on.close();
    return `validation error in the end: ${valid.error.toFixed(2)} %`;
  },
});
