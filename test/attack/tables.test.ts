import { expect, test } from "vitest";
import { howMany } from "../support/full.ts";
import type { Suite } from "./suite.ts";
import { parquet, tables } from "./tables.ts";

test.each<[string, Suite]>([...tables, parquet].map((suite) => [suite.name, suite]))(
  "damaged files of %s are read right or refused",
  async (_, suite) => {
    const { outcomes, faults } = await suite.run({ from: 0, cases: howMany(2000, 200), folder: "", pack: "" });
    expect(faults).toEqual([]);
    // Both kinds are there, or little would be tested.
    expect(outcomes.read).toBeGreaterThan(25);
    expect(outcomes.refused).toBeGreaterThan(25);
  },
);
