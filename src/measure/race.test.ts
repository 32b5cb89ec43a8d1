import { expect, test } from "vitest";
import { race, timesFaster } from "./race.ts";

/** A call that takes so long by a clock of its own: the test doesn't depend on the machine's. */
const busy = (milliseconds: number) => () => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

test("every call has its turn in every round, each round begins with the next; the first round doesn't count", async () => {
  const turns: string[] = [];
  const rounds: number[][] = [];
  const call = (name: string) => () => {
    if (turns.at(-1) !== name) turns.push(name);
    busy(0.5)();
  };
  const { laps, others } = await race([call("A"), call("B"), call("C")], {
    ...{ rounds: 2, seconds: 0.002 },
    onRound: (done, of) => {
      rounds.push([done, of]);
      turns.push("|");
    },
  });
  expect(turns.join("")).toBe("ABC|BCA|CAB|");
  expect(rounds.map(String)).toEqual(["0,2", "1,2", "2,2"]);
  expect(laps.map((lap) => lap.rounds.length)).toEqual([2, 2, 2]);
  // A load for each round that counts, or none at all where the system doesn't tell.
  expect([0, 2]).toContain(others.length);
});

test("a call's quantiles are over all calls of all rounds", async () => {
  let n = 0;
  const { laps } = await race([() => busy(n++ % 10 === 9 ? 3 : 1)()], { rounds: 4, seconds: 0.03 });
  expect(laps[0]!.p50).toBeGreaterThanOrEqual(0.001);
  expect(laps[0]!.p95).toBeGreaterThanOrEqual(0.003);
  const [low, high] = laps[0]!.quartiles;
  expect(low).toBeGreaterThanOrEqual(0.001);
  expect(low).toBeLessThanOrEqual(laps[0]!.p50);
  expect(high).toBeGreaterThanOrEqual(laps[0]!.p50);
  expect(high).toBeLessThanOrEqual(laps[0]!.p95);
});

test("a round's mean has all of its time in it, also that of the calls which its quantiles don't show", async () => {
  let n = 0;
  const { laps } = await race([() => busy(n++ % 4 === 3 ? 9 : 1)()], { rounds: 4, seconds: 0.05 });
  for (const mean of laps[0]!.rounds) expect(mean).toBeGreaterThan(1.4 * laps[0]!.p50);
});

test("timesFaster compares within rounds: what slows a whole round down changes nothing", () => {
  const lap = (rounds: readonly number[]) => ({ rounds });
  expect(timesFaster(lap([1, 10, 2, 1]), lap([3, 30, 6, 3]))).toEqual({ value: 3, low: 3, high: 3 });
});
