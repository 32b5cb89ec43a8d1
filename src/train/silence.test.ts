import { expect, test } from "vitest";
import { datasetFromArrays } from "../data/index.ts";
import { recurrentNetwork } from "../models/recurrent.ts";
import { silenceIn } from "./silence.ts";
import { train } from "./train.ts";

const x = Array.from({ length: 60 }, (_, i) => Array.from({ length: 6 }, (_, t) => [Math.sin(i + t), Math.cos(i * t)]));
const data = datasetFromArrays({ x, label: x.map((_, i) => i % 2) });

/** The warnings of a training of two epochs, with this threshold. */
async function warnings(threshold: number): Promise<string[]> {
  const found: string[] = [];
  const cell = { name: "lif", threshold } as const;
  await train(recurrentNetwork({ input: [6, 2], cell, units: 4, classes: 2 }), data, {
    epochs: 2,
    batch: 10,
    onWarning: ({ message }) => found.push(message),
  });
  return found;
}

test("a layer whose units are silent is said once, after the first epoch; one that fires isn't", async () => {
  expect(await warnings(1e6)).toEqual([
    expect.stringContaining("spiking layer 1 fires at 0.00% of its steps, and 4 of its units never did in validation"),
  ]);
  expect(await warnings(0.01)).toEqual([]);
});

test("neither few spikes of all units nor silent units among busy ones are a warning", () => {
  const of = (rate: number, silent: number, epoch = 1) => silenceIn(epoch, [{ rate, silent }]);
  expect(of(0.001, 0)).toBeUndefined();
  expect(of(0.02, 9)).toBeUndefined();
  expect(of(0.001, 1, 2)).toBeUndefined();
  expect(of(0.001, 1)).toContain("0.10%");
});
