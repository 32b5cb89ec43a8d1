import { expect, test } from "vitest";
import { pageOf, pictures } from "../scripts/neurons.ts";
import type { NeuronsPlan } from "../src/experiments/neurons/plan.ts";
import { resultsOf } from "../src/experiments/neurons/results.ts";
import type { NeuronsRecord } from "../src/experiments/neurons/study.ts";

const plan: NeuronsPlan = {
  problems: [{ task: "adding", length: 10, units: 2, batch: 2, steps: 10, validateEvery: 10, held: 2 }],
  ...{ variants: ["lstm", "lif"], seeds: 1, rates: [0.1], clip: 1, traced: ["lif"] },
};
const record = (variant: "lstm" | "lif"): NeuronsRecord => ({
  ...{ kind: "run", problem: "adding 10", variant, rate: 0.1, seed: 1, valid: 0.1, test: 0.1, solvedAt: null },
  ...{ curve: [{ step: 10, error: 0.1 }], parameters: 30, sequencesPerSecond: 100, seconds: 2 },
  ...(variant === "lif" && {
    trace: {
      ...{ values: [0.5, 0.2], marked: [1, 0], unit: 0, correlation: 0.9, times: { marked: 20, elsewhere: 20 } },
      trace: { memory: [0.1, 0.3], kept: [0.95, 0.95], spikes: [1] },
    },
  }),
});

test("scripts/neurons.ts: a page names every picture once, from results as JSON keeps them", async () => {
  const found = resultsOf([record("lstm"), record("lif")], plan);
  const kept = {
    ...JSON.parse(JSON.stringify(found)),
    command: "npx heaviside experiment neurons",
    made: { on: "here" },
  };
  const shown = await pictures(kept);
  expect(shown.map(([file]) => file)).toEqual(["neurons-hand", "neurons-solved", "neurons-lif", "neurons-adding-10"]);
  const page = pageOf(kept, shown);
  for (const [file, , svg] of shown) {
    expect(page.split(`(pictures/${file}.svg)`)).toHaveLength(2);
    expect(svg).toMatch(/^<svg /);
  }
  // One seed has no interval, which JSON keeps as null.
  expect(page).not.toMatch(/NaN|null|undefined/);
});
