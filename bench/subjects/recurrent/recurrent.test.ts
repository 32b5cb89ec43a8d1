import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { parseArguments } from "../../arguments.ts";
import { type Recurrent, recurrentFlops } from "../../workloads/recurrent.ts";
import { parseSubject } from "../arguments.ts";
import type { Taken } from "../turns.ts";
import { recurrentEntries, takesPart } from "./field.ts";
import { recurrent, rivalsOf } from "./index.ts";
import { presets, recurrentTasks } from "./sizes.ts";

const parse = (line: string) => parseSubject(`recurrent ${line}`.trim().split(" "), 2)!;
const tasksOf = (line: string) => {
  const { sizes, cell, lists } = parse(line);
  return recurrentTasks(sizes, cell!, lists);
};

describe("the recurrent layer's sizes", () => {
  it("are the five that are asked about where none are given, each in training and in inference", () => {
    const tasks = tasksOf("");
    expect(tasks.map(({ pass }) => pass).slice(0, 2)).toEqual(["step", "forward"]);
    expect(tasks.filter(({ pass }) => pass === "step").map((t) => [t.batch, t.length, t.input, t.units])).toEqual([
      [32, 100, 28, 128],
      [32, 784, 1, 128],
      [1, 100, 28, 128],
      [32, 100, 256, 512],
      [100, 28, 28, 128],
    ]);
  });

  it("are those of a name, or those given in place of the usual, in every combination", () => {
    expect(tasksOf("quick")).toMatchObject([presets.quick, presets.quick]);
    const line = "--cell lstm --batch 32 --length 100 --input 28 --units 128";
    expect(tasksOf(line)).toEqual(tasksOf("rows"));
    expect(tasksOf("--batch 1,2 --units 3,4").map(({ batch, length, units }) => [batch, length, units])).toEqual([
      ...[
        [1, 100, 3],
        [1, 100, 3],
        [1, 100, 4],
        [1, 100, 4],
      ],
      ...[
        [2, 100, 3],
        [2, 100, 3],
        [2, 100, 4],
        [2, 100, 4],
      ],
    ]);
    expect(tasksOf("pixels --batch 7")[0]).toMatchObject({ batch: 7, length: 784, input: 1 });
  });

  it.each([
    ["--cell gru", /^--cell takes lstm in recurrent; received gru$/],
    ["huge", /^recurrent: sizes are rows, pixels, .*; received huge$/],
    ["toString", /received toString$/],
    ["--length 0", /^--length takes positive integers such as 8,64; received 0$/],
    ["--units 1,x", /received 1,x$/],
    ["--density 0.1", /^recurrent has no use for --density; received 0.1$/],
    ["--batch 10000 --length 10000", /512 MB.*received 10000x10000, 28-128$/],
  ])("are refused in one line: %s", (line, message) => {
    expect(() => tasksOf(line)).toThrow(UserError);
    expect(() => tasksOf(line)).toThrow(message);
  });

  it("belong to no workload, and a cell to no other subject", () => {
    const refused = (line: string) => () => parseArguments(line.split(" "), 2);
    expect(refused("gemm --units 3")).toThrow(/^--units belongs to recurrent and spiking; received with gemm$/);
    expect(refused("step --cell lstm")).toThrow(/^--cell belongs to recurrent; received with step$/);
    expect(refused("--density 0.1")).toThrow(/^--density belongs to conditional; received with every workload$/);
    expect(refused("gemm --input 3")).toThrow(/^--input belongs to conditional and recurrent; /);
    expect(() => parseSubject(["ablation", "--cell", "lstm"], 2)).toThrow(
      /^ablation has no use for --cell; received lstm$/,
    );
  });
});

describe("the recurrent layer's field", () => {
  it("has every peer on the threads that it can use", () => {
    const asked = { backends: ["native"], threads: [1, 2], peers: true, python: "py" };
    expect(recurrentEntries(asked).map(({ name, threads }) => `${name} ${threads}`)).toEqual([
      ...["heaviside native 1", "heaviside native 2", "PyTorch 1", "PyTorch 2"],
      ...["onnxruntime-node 1", "onnxruntime-node 2", "tfjs-wasm 1", "PyTorch by hand 1", "PyTorch by hand 2"],
      ...["onnxruntime-web 1", "onnxruntime-web 2", "tfjs-cpu 1"],
    ]);
    expect(recurrentEntries({ ...asked, peers: false })).toHaveLength(2);
  });

  it("trains only in those that have gradients, and leaves tfjs out of what would take it minutes", () => {
    const [step, forward] = tasksOf("rows") as [Recurrent, Recurrent];
    expect(["onnxruntime-node", "onnxruntime-web", "jax-js"].map((name) => takesPart(name, step))).toEqual([
      false,
      false,
      false,
    ]);
    expect(["onnxruntime-node", "tfjs-cpu", "heaviside reference"].every((name) => takesPart(name, forward))).toBe(
      true,
    );
    expect(takesPart("tfjs-wasm", step)).toBe(true);
    expect(takesPart("tfjs-wasm", tasksOf("pixels")[0]!)).toBe(false);
  });

  it("compares ours with each peer on as many threads, or the most below", () => {
    const taken = (engine: string, threads: number): Taken => ({
      lane: { engine, threads, note: "", take: async () => 0 },
      values: new Map(),
    });
    const all = [
      taken("PyTorch", 2),
      taken("PyTorch", 1),
      taken("tfjs-wasm", 1),
      taken("PyTorch", 4),
      taken("heaviside wasm", 2),
    ];
    expect(rivalsOf(taken("heaviside native", 2), all)).toEqual([all[0], all[2]]);
    expect(rivalsOf(taken("heaviside native", 1), all)).toEqual([all[1], all[2]]);
    expect(rivalsOf(taken("PyTorch", 2), all)).toEqual([]);
  });
});

describe("the recurrent layer", () => {
  it("is a contest in training and one in inference, each checked before it is timed", async () => {
    const options = parse("--batch 3 --length 4 --input 2 --units 5 --backend wasm --threads 1 --seconds 0.001");
    const contests = [];
    for await (const { workload, lanes, task, unit } of recurrent.contests(options, () => {})) {
      contests.push(workload);
      expect([unit, lanes.length]).toEqual(["ms", 1]);
      expect(lanes[0]!.flop).toBe(recurrentFlops({ kind: "recurrent", ...task } as never));
      expect(await lanes[0]!.take()).toBeGreaterThan(0);
    }
    expect(contests).toEqual(["recurrent step lstm 3x4, 2-5", "recurrent forward lstm 3x4, 2-5"]);
  });
});
