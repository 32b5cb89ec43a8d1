import { setTimeout as after } from "node:timers/promises";
import type { Load } from "./load.ts";

/** Predictions a second. */
const PACE = 10_000;
/** Predictions between two looks at the clock. */
const GROUP = 100;

/** The p-th share of ascending numbers. */
const at = (sorted: Float64Array, share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;

/** One example after the other at a steady pace, by heaviside/inference. */
export const predictions: Load = {
  name: "predictions",
  about: `${PACE.toLocaleString("en")} predictions a second of 784-100-10, one example each, by heaviside/inference`,
  unit: "predictions",
  amount: 2 * PACE,
  full: 60 * PACE,
  async run({ heaviside, inference, marks, mark, amount }) {
    const { mlp, save } = heaviside;
    const model = mlp({ input: 784, hidden: [{ units: 100, estimator: "straight-through-slope" }], classes: 10 });
    const predict = await inference.predictor(save({ model, params: model.init(1).params }));
    const example = Float32Array.from({ length: 784 }, (_, i) => (i % 7) / 7);
    // Written once at the start: memory that is new is resident only then.
    const took = new Float64Array(amount).fill(1);
    const due = new Set(marks);
    let [began, labels] = [performance.now(), 0];
    let late = 0;
    for (let done = 0; done < amount; ) {
      for (const end = Math.min(amount, done + GROUP); done < end; done++) {
        example[done % 784] = (done % 11) / 11;
        const from = performance.now();
        labels += predict(example).label;
        took[done] = performance.now() - from;
        // Taking a sample is no part of the work: the clock stands still.
        if (!due.has(done + 1)) continue;
        const stopped = performance.now();
        mark(done + 1);
        began += performance.now() - stopped;
      }
      const wait = began + (1000 * done) / PACE - performance.now();
      late = Math.max(late, -wait);
      // Always once through the event loop, as a server does.
      await after(Math.max(0, wait));
    }
    await predict.close();
    const sorted = took.sort();
    const microseconds = [0.5, 0.99, 1].map((share) => `${(1000 * at(sorted, share)).toFixed(0)} µs`);
    const rate = (1000 * amount) / (performance.now() - began);
    return `${rate.toFixed(0)} a second, at most ${late.toFixed(0)} ms behind; median, 99th percentile and longest: ${microseconds.join(", ")} (${labels} summed)`;
  },
};
