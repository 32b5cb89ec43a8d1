import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { classes, dense, type Model, network, values } from "../models/index.ts";
import { Diverged } from "../train/events.ts";
import { isMatchable, type MatchOptions, match } from "./match.ts";

/** Made-up dense nets: the error halves with every doubling of the width, and is worse by a factor at a rate that doesn't suit. */
function nets(best: number) {
  const trained: string[] = [];
  const options: MatchOptions = {
    ...{ error: 1.5, examples: 10_000, rate: 0.3, widest: 1000 },
    async train(width, rate) {
      trained.push(`${width}@${rate.toPrecision(1)}`);
      return (128 / width) * (rate.toPrecision(1) === best.toPrecision(1) ? 1 : 2);
    },
  };
  return { trained, options };
}

test("the rate is chosen at 64 units, then the width is doubled until the error is reached, and no net is trained twice", async () => {
  const { trained, options } = nets(0.9);
  const found = await match(options);
  expect(trained).toEqual(["64@0.1", "64@0.3", "64@0.9", "16@0.9", "32@0.9", "128@0.9"]);
  expect(found.rate).toBeCloseTo(0.9, 9);
  // Between 64 units (2 %) and 128 (1 %), halfway.
  expect(found.width).toBe(Math.round(64 * Math.SQRT2));
  expect(found.low).toBeLessThan(found.width!);
  expect(found.high).toBeGreaterThan(found.width!);
});

test("no net is wider than the widest, which may reach nothing", async () => {
  const { trained, options } = nets(0.3);
  const found = await match({ ...options, widest: 40 });
  expect(trained.map((name) => name.split("@")[0])).toEqual(["40", "40", "40", "16", "32"]);
  expect(found.width).toBeUndefined();
});

test("a rate at which the loss overflows is passed over; other errors stop the search", async () => {
  const { options } = nets(0.3);
  const overflow = new Diverged("train: the loss is NaN in epoch 1", { epoch: 1, step: 2, what: "the loss" });
  const failing = (error: Error): MatchOptions => ({
    ...options,
    train: (width, rate) => (rate > 0.5 ? Promise.reject(error) : options.train(width, rate)),
  });
  expect((await match(failing(overflow))).rate).toBe(0.3);
  await expect(match(failing(new UserError("runs: no space is left")))).rejects.toThrow("no space");
});

test("a dense net is looked for where examples have classes, and for no regression", () => {
  const stages = [dense({})];
  expect(isMatchable(network({ input: 3, stages, head: classes(2) }) as Model)).toBe(true);
  expect(isMatchable(network({ input: 3, stages, head: values(1) }) as Model)).toBe(false);
});
