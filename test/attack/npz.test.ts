import { expect, test } from "vitest";
import { howMany } from "../support/full.ts";
import { npz } from "./npz.ts";

test("damaged .npy and .npz files are read right or refused", async () => {
  const { outcomes, faults } = await npz.run({ from: 0, cases: howMany(3000, 1000), folder: "", pack: "" });
  expect(faults).toEqual([]);
  // Both kinds are there, or little would be tested.
  expect(outcomes.read).toBeGreaterThan(200);
  expect(outcomes.refused).toBeGreaterThan(200);
});
