import { expect, it } from "vitest";
import type { Lane } from "./subject.ts";
import { takeTurns } from "./turns.ts";

it("every lane has its turn in every round, each round begins with the next one; the first round doesn't count", async () => {
  const log: string[] = [];
  const lane = (engine: string, take: (turn: number) => number | Record<string, number>): Lane => {
    let turn = 0;
    return {
      ...{ engine, threads: 1, note: "" },
      async take() {
        log.push(engine);
        return take(turn++);
      },
    };
  };
  const lanes = [lane("A", (turn) => 10 + turn), lane("B", (turn) => ({ x: turn, y: -turn }))];
  const { taken, others } = await takeTurns({ workload: "w", unit: "s", better: "less", lanes }, 2);
  expect(log).toEqual(["A", "B", "B", "A", "A", "B"]);
  expect(taken.map(({ values }) => [...values])).toEqual([
    [["", [11, 12]]],
    [
      ["x", [1, 2]],
      ["y", [-1, -2]],
    ],
  ]);
  // A load for each round that counts, or none at all where the system doesn't tell.
  expect([0, 2]).toContain(others.length);
});
