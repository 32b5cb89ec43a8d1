import type { Load } from "./load.ts";
import { points } from "./steps.ts";

/** Networks that are made, trained for a few steps on one backend, asked once, and dropped. */
export const trainings: Load = {
  name: "trainings",
  about: "trainings of three steps: made, run and dropped on one backend, with estimators that take turns",
  unit: "trainings",
  amount: 300,
  full: 10_000,
  async run({ heaviside, marks, mark, amount }) {
    const { backend, mlp, train } = heaviside;
    const data = points(heaviside, 60);
    const on = await backend("auto", { threads: 2 });
    const estimators = ["straight-through-slope", "disarm", "nvil", "concrete"] as const;
    const due = new Set(marks);
    for (let i = 0; i < amount; i++) {
      const estimator = estimators[i % estimators.length]!;
      const model = mlp({ input: 8, hidden: [{ units: 6 + (i % 3), estimator }], classes: 3 });
      const options = {
        epochs: 1,
        batch: Math.ceil(data.train.size / 3),
        optimizer: { name: "sgd", rate: 0.1 },
      } as const;
      await train(model, data, { ...options, seed: i, backend: on });
      if (due.has(i + 1)) mark(i + 1);
    }
    await on.close();
    return undefined;
  },
};
