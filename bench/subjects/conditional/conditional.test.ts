import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { parseSubject } from "../arguments.ts";
import type { Taken } from "../turns.ts";
import { layerEntries } from "./field.ts";
import { conditional } from "./index.ts";
import { bestOfPyTorch } from "./layer.ts";
import { layerTasks } from "./sizes.ts";

const parse = (line: string) => parseSubject(`conditional ${line}`.trim().split(" "), 2)!;

describe("the conditional layer's sizes", () => {
  it("are those asked for, in every combination, and else the usual ones", () => {
    const { lists } = parse("--blocks 8,16 --density .5,0.25 --width 1");
    expect(lists).toEqual({ blocks: [8, 16], density: [0.5, 0.25], width: [1] });
    expect(layerTasks(lists).map(({ blocks, density }) => [blocks, density])).toEqual([
      [8, 0.5],
      [8, 0.25],
      [16, 0.5],
      [16, 0.25],
    ]);
    expect(layerTasks()[0]).toEqual({
      ...{ kind: "conditional", batch: 256, input: 1024, blocks: 64, width: 64, output: 1024, density: 0.1 },
    });
  });

  it.each([
    ["--density 0", /^--density takes shares above 0, at most 1, such as 0.1,0.05; received 0$/],
    ["--density 0.1,", /^--density takes/],
    ["--density 1.1", /received 1.1$/],
    ["--blocks 8,x", /^--blocks takes positive integers such as 8,64; received 8,x$/],
    ["--batch 0", /^--batch takes/],
  ])("are refused in one line: %s", (line, message) => {
    expect(() => parse(line)).toThrow(UserError);
    expect(() => parse(line)).toThrow(message);
  });

  it("have a limit, and parts have names", async () => {
    expect(() => layerTasks({ blocks: [1024], width: [512] })).toThrow(/512 MB.*received 1024-1024x512-1024 batch 256/);
    await expect(conditional.contests(parse("paint"), () => {}).next()).rejects.toThrow(/^conditional measures layer/);
  });
});

describe("the conditional layer's field", () => {
  it("has PyTorch tuned on every count of threads and as installed on the most", () => {
    const asked = { backends: ["native"], threads: [1, 2], peers: true, python: "py" };
    expect(layerEntries(asked).map(({ name, threads }) => `${name} ${threads}`)).toEqual([
      ...["heaviside native 1", "heaviside native 2", "PyTorch 1", "PyTorch 2", "PyTorch as installed 2"],
      ...["onnxruntime-node 1", "onnxruntime-node 2", "jax-js 1"],
    ]);
    const [tuned, installed] = layerEntries(asked).slice(3);
    expect(tuned!.program.env).toMatchObject({ OMP_NUM_THREADS: "2" });
    expect(installed!.program.env).toBeUndefined();
    expect(layerEntries({ ...asked, peers: false })).toHaveLength(2);
  });

  it("compares with the fastest of PyTorch on as many threads, by the median", () => {
    const taken = (engine: string, setting: string, threads: number, values: number[]): Taken => ({
      lane: { ...{ engine, setting, threads, note: "" }, take: async () => 0 },
      values: new Map([["", values]]),
    });
    const own = taken("heaviside native", "skip", 2, [5]);
    const fast = taken("PyTorch as installed", "loop", 2, [20, 21, 90]);
    const all = [
      ...[own, taken("PyTorch", "dense", 2, [10, 30, 31]), fast],
      ...[taken("PyTorch", "padded", 1, [1, 1, 1]), taken("jax-js", "padded", 2, [2, 2, 2])],
    ];
    expect(bestOfPyTorch(own, all)).toBe(fast);
    expect(bestOfPyTorch(own, [own])).toBeUndefined();
  });
});

describe("the conditional layer", () => {
  it("is a contest of each form, which is checked before it is timed", async () => {
    const options = parse(
      "--batch 6 --input 5 --blocks 4 --width 2 --output 3 --density 0.5 --backend wasm --threads 1 --seconds 0.001",
    );
    for await (const { workload, lanes, task } of conditional.contests(options, () => {})) {
      expect(workload).toBe("conditional 5-4x2-3 batch 6, 50 % open");
      expect(task).toMatchObject({ part: "layer", blocks: 4, pairs: 12 });
      expect(lanes.map(({ setting, flop }) => [setting, flop])).toEqual([
        ["dense", 6 * 24 * 2 * 8],
        ["skip", 6 * 12 * 2 * 8],
      ]);
      for (const lane of lanes) expect(await lane.take()).toBeGreaterThan(0);
      // Both run in one process, whose processor time counts once.
      expect(lanes.map(({ cpuSeconds }) => cpuSeconds !== undefined)).toEqual([true, false]);
    }
  });
});
