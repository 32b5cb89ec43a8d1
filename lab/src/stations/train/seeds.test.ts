import { expect, test } from "vitest";
import { meanInterval } from "../../../../src/statistics/student.ts";
import { choice, whole } from "../../fields.ts";
import type { Named } from "./named.ts";
import { ofSeeds, withSeeds } from "./seeds.ts";

const fields = {
  network: choice("mlp", ["mlp", "conv"] as const),
  hidden: whole(100, { atLeast: 1, atMost: 1000 }),
  seed: whole(1, { atLeast: 0, atMost: 2 ** 32 - 1 }),
};
const run = (text: string, error: number | undefined): Named => ({
  ...{ name: text, text, isKept: true },
  ran: error === undefined ? undefined : ({ done: { result: { valid: { error } } } } as Named["ran"]),
});

test("further seeds follow a run's own, and 0 follows the largest", () => {
  expect(withSeeds(fields, "network=mlp!seed=5", 2)).toEqual(["network=mlp!seed=6", "network=mlp!seed=7"]);
  expect(withSeeds(fields, "network=mlp!seed=4294967294", 3)).toEqual([
    "network=mlp!seed=4294967295",
    "network=mlp!seed=0",
    "network=mlp",
  ]);
});

test("runs that differ by their seed alone have a mean, others none, nor those that have not ended", () => {
  const runs = [run("network=mlp!seed=2", 3), run("network=mlp!hidden=7", 9), run("network=mlp!seed=4", 5)];
  const [mean, ...others] = ofSeeds(fields, [...runs, run("network=mlp!seed=6", undefined)]);
  expect(others).toEqual([]);
  expect(mean!.runs).toEqual([1, 3]);
  expect(mean!.mean(({ valid }) => (valid as { error: number }).error)).toEqual(meanInterval([3, 5]));
});
