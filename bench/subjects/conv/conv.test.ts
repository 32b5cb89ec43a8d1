import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import type { Ratio, Row } from "../../rows.ts";
import { parseSubject } from "../arguments.ts";
import type { Taken } from "../turns.ts";
import { convEntries, convForms } from "./field.ts";
import { rivalsOf } from "./index.ts";
import { convReport, convVerdicts, ofCeiling } from "./report.ts";
import { convTasks } from "./sizes.ts";

const tasksOf = (line: string) => convTasks(parseSubject(`conv ${line}`.trim().split(" "), 2)!.lists);

describe("the convolutional network's sizes", () => {
  it("are the LeNet-like network's, in training and in inference, of each batch", () => {
    const usual = { image: [28, 28, 1], channels: [32, 64], size: 5 };
    const passes = [100, 32, 1].flatMap((batch) => [
      { ...usual, kind: "conv", pass: "step", batch },
      { ...usual, kind: "conv", pass: "forward", batch },
    ]);
    expect(tasksOf("")).toEqual(passes);
    expect(tasksOf("--batch 100 --image 28x28x1 --channels 32,64 --size 5")).toEqual(passes.slice(0, 2));
    expect(tasksOf("--batch 2 --image 32x40x3 --channels 8,9,10 --size 3")[0]).toMatchObject({
      ...{ batch: 2, image: [32, 40, 3], channels: [8, 9, 10], size: 3 },
    });
  });

  it.each([
    ["--image 28x28", /^--image takes rows x columns x channels such as 28x28x1; received 28x28$/],
    ["--image 28x0x1", /received 28x0x1$/],
    ["--size 4", /^--size takes an odd number such as 5; received 4$/],
    ["--channels 3,x", /^--channels takes positive integers such as 8,64; received 3,x$/],
    ["--image 7x28x1 --channels 1,1,1", /^conv: 3 poolings by 2 need 8 rows and columns or more; received 7x28x1, /],
    ["--batch 100000", /^conv: an array has at most 134217728 elements \(512 MB\); received 100000 of /],
    ["--units 3", /^conv has no use for --units; received 3$/],
  ])("are refused in one line: %s", (line, message) => {
    expect(() => tasksOf(line)).toThrow(UserError);
    expect(() => tasksOf(line)).toThrow(message);
  });
});

describe("the convolutional network's field", () => {
  const asked = { backends: ["native", "wasm"], threads: [2], peers: true, python: "py" };

  it("has every peer on the threads that it can use, and the ceilings of our vectors", () => {
    const names = (more: Partial<typeof asked>) =>
      convEntries({ ...asked, ...more }).map(({ name, threads }) => `${name} ${threads}`);
    expect(names({})).toEqual([
      ...["heaviside native 2", "heaviside wasm 2", "PyTorch 2", "onnxruntime-node 2", "tfjs-wasm 1"],
      ...["ceiling native 2", "ceiling wasm 2"],
    ]);
    expect(names({ peers: false, backends: ["wasm"] })).toEqual(["heaviside wasm 2", "ceiling wasm 2"]);
  });

  it("trains where there are gradients, PyTorch in both of its layouts", () => {
    expect(convForms("heaviside wasm", "step")).toEqual([undefined]);
    expect(convForms("PyTorch", "step")).toEqual(["channels first", "channels last"]);
    expect(convForms("onnxruntime-node", "step")).toEqual([]);
    expect(convForms("jax-js", "forward")).toEqual([]);
  });

  it("compares with the fastest form of each peer, on no more threads", () => {
    const taken = (engine: string, threads: number, value: number, setting?: string): Taken => ({
      lane: { engine, threads, note: "", ...(setting && { setting }), take: async () => value },
      values: new Map([["", [value]]]),
    });
    const own = taken("heaviside native", 2, 5);
    const last = taken("PyTorch", 2, 8, "channels last");
    const all = [
      ...[own, taken("PyTorch", 2, 9, "channels first"), last, taken("PyTorch", 4, 1, "channels first")],
      ...[taken("ceiling native", 2, 1), taken("tfjs-wasm", 1, 90)],
    ];
    expect(rivalsOf(own, all)).toEqual([last, all.at(-1)]);
    expect(rivalsOf(last, all)).toEqual([]);
  });
});

describe("the convolutional network's report", () => {
  const task = { pass: "step", batch: 100, image: "28x28x1", channels: "32,64", size: 5 };
  const ratio = (engine: string, median: number): Ratio => ({ engine, threads: 2, min: median, median, max: median });
  const row = (engine: string, values: number[], timesAsFast: Ratio[] = [], form?: string): Row => ({
    ...{ workload: "conv step 100", engine, threads: 2, value: values[0]!, unit: "ms", min: 1, max: 9, values },
    ...{ gflops: 100, timesAsFast, note: "", task: { ...task, ...(form && { form }) } },
  });
  const native = row("heaviside native", [10, 20], [ratio("PyTorch, channels last", 1.5), ratio("tfjs-wasm", 9)]);
  const wasm = row("heaviside wasm", [40, 40], [ratio("PyTorch, channels last", 0.4)]);

  it("says what is reached, what is missed, and what was not measured", () => {
    expect(convVerdicts([native, wasm])).toEqual([
      "heaviside native 2T: at least 1.40× PyTorch is asked, 1.50× (1.50–1.50) measured: reached",
      "heaviside wasm 2T: at least 0.500× PyTorch is asked, 0.400× (0.400–0.400) measured: missed",
      "heaviside wasm 2T: at least 6.00× tfjs-wasm is asked, not measured",
    ]);
    expect(convVerdicts([{ ...native, task: { ...task, size: 3 } }])).toEqual([]);
    const inference = { ...native, task: { ...task, pass: "forward", batch: 32 } };
    expect(convVerdicts([inference])[0]).toMatch(/native 2T: at least 0.950× onnxruntime-node is asked, not measured$/);
  });

  it("holds each row against the ceiling of its own vectors, within the rounds", () => {
    const rows = [native, wasm, row("ceiling native", [5, 15]), row("ceiling wasm", [20, 20])];
    expect(ofCeiling(native, rows)).toBeCloseTo((0.5 + 0.75) / 2, 12);
    expect(ofCeiling(wasm, rows)).toBe(0.5);
    expect(ofCeiling(native, [native])).toBeUndefined();
    const text = convReport([...rows, row("PyTorch", [30, 30], [], "channels first")]);
    expect(text).toMatch(/heaviside native +2 .* 63 % +1.50× \(1.50–1.50\)/);
    expect(text).toMatch(/PyTorch, channels first/);
    expect(text).toMatch(/ceiling wasm 2T: 100 GFLOP\/s/);
  });
});
