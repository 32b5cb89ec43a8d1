import { afterEach, expect, it, vi } from "vitest";
import { loadLoops, runLoop } from "./ceiling-loop.ts";

afterEach(() => vi.restoreAllMocks());

it("makes what a run needs before the clock is read", () => {
  const log: string[] = [];
  const clock = [0, 10, 2000];
  vi.spyOn(performance, "now").mockImplementation(() => {
    log.push("clock");
    return clock.shift()!;
  });
  const loops = {
    note: "",
    prepare: () => void log.push("prepare"),
    runs: { copy: (count: number) => log.push("run") && count },
  };
  expect(runLoop(loops, { loop: "copy", count: 7, seconds: 1 })).toEqual({ work: 14, seconds: 2 });
  expect(log).toEqual(["prepare", "clock", "run", "clock", "run", "clock"]);
  expect(() => runLoop(loops, { loop: "sum", count: 7, seconds: 1 })).toThrow("no loop sum");
});

it.each(["copy", "scale", "sum"] as const)(
  "%s goes over the floats as often as it says, and makes its arrays once",
  async (loop) => {
    const loops = await loadLoops("memory");
    const request = { loop, count: 2 ** 12, seconds: 0 };
    expect(runLoop(loops, request).work).toBe(2 ** 19);
    const allocated = vi.spyOn(Float32Array.prototype, "fill");
    // One float more is an array of its own, gone over as often.
    expect(runLoop(loops, { ...request, count: 2 ** 12 + 1 }).work).toBe(128 * (2 ** 12 + 1));
    expect(allocated).toHaveBeenCalledTimes(loop === "copy" ? 2 : 1);
    runLoop(loops, request);
    expect(allocated).toHaveBeenCalledTimes(loop === "copy" ? 2 : 1);
  },
);
