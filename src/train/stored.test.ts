import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { crc32 } from "../formats/crc32.ts";
import { NdArray } from "../graph/index.ts";
import { mlp } from "../models/mlp.ts";
import { loadModel } from "../predict/load-model.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { toyData } from "./testing.ts";
import { train } from "./train.ts";

let home: string;
let honest: Checkpoint;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "stored-"));
  const runFolder = join(home, "run");
  const model = mlp({ input: [2, 2], hidden: [{ units: 5, estimator: "nvil" }], classes: 3 });
  await train(model, toyData(), { epochs: 1, batch: 30, backend: "reference", runFolder });
  honest = decodeCheckpoint(await readFile(join(runFolder, "checkpoint.safetensors")), "x");
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The refusal of a checkpoint; whatever is no UserError fails the test. */
function refusal(bytes: unknown): string {
  try {
    loadModel(bytes as Uint8Array, { name: "x" });
    return "taken";
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
}
const ended = (message: string): string => (message.length > 400 ? `${message.length} characters` : message);

/** A file whose checksum is right, whatever its header says. */
function forged(tensors: object | string, data = new Uint8Array(0), metadata?: object | string): Uint8Array {
  const stored = JSON.stringify({ crc32: "00000000", checkpoint: metadata ?? JSON.stringify(honest.header) });
  const own = typeof tensors === "string" ? tensors : JSON.stringify(tensors).slice(1, -1);
  const text = new TextEncoder().encode(`{"__metadata__":${stored}${own === "" ? "" : `,${own}`}}`);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  const at = 8 + '{"__metadata__":{"crc32":"'.length;
  const sum = crc32(bytes.subarray(0, at), bytes.subarray(at + 8))
    .toString(16)
    .padStart(8, "0");
  bytes.set(new TextEncoder().encode(sum), at);
  return bytes;
}

describe("a checkpoint whose checksum is right and whose arrays are not is refused:", () => {
  const four = new Uint8Array(16);
  const f32 = (shape: unknown, from: unknown, to: unknown, dtype: unknown = "F32") => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });
  test.each<[string, () => Uint8Array]>([
    ["arrays that share their bytes", () => forged({ a: f32([4], 0, 16), b: f32([4], 0, 16) }, four)],
    ["arrays that overlap", () => forged({ a: f32([3], 0, 12), b: f32([2], 8, 16) }, four)],
    ["a gap", () => forged({ a: f32([1], 0, 4), b: f32([2], 8, 16) }, four)],
    ["bytes before the first", () => forged({ a: f32([3], 4, 16) }, four)],
    ["bytes after the last", () => forged({ a: f32([3], 0, 12) }, four)],
    ["an end before its start", () => forged({ a: f32([4], 0, 16), b: f32([-1], 16, 12) }, four)],
    ["more than the file has", () => forged({ a: f32([1e9], 0, 4e9) }, four)],
    ["a shape that overflows", () => forged({ a: f32([2 ** 32, 2 ** 32], 0, 16) }, four)],
    ["a shape with half a row", () => forged({ a: f32([1.5], 0, 6) }, four)],
    ["a shape that is a word", () => forged({ a: f32("4", 0, 16) }, four)],
    ["a shape of a million axes", () => forged({ a: f32(new Array(1e6).fill(1), 0, 4) }, four.subarray(4))],
    ["an unknown dtype", () => forged({ a: f32([4], 0, 16, "F16") }, four)],
    ["a dtype that objects have", () => forged({ a: f32([4], 0, 16, "constructor") }, four)],
    ["offsets of three", () => forged({ a: { ...f32([4], 0, 16), data_offsets: [0, 16, 16] } }, four)],
    ["an array that is null", () => forged({ a: null }, four)],
    [
      "a name that comes twice",
      () =>
        forged(
          '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}',
          four,
        ),
    ],
    ["a header that isn't JSON", () => forged("", four, "{")],
    ["a header nested 100,000 deep", () => forged("", four, "[".repeat(1e5) + "]".repeat(1e5))],
  ])("%s", (_, make) => {
    expect(refusal(make())).toMatch(
      /^checkpoint: x (is not a checkpoint: its header doesn't describe its arrays|must describe a training, received |ends after \d+ bytes, its header promises \d+)/,
    );
  });

  test("many names for the same bytes take no memory", () => {
    const data = new Uint8Array(1 << 20);
    const tensors = Object.fromEntries(
      Array.from({ length: 8000 }, (_, i) => [`a${i}`, f32([data.length / 4], 0, data.length)]),
    );
    const before = process.memoryUsage().arrayBuffers;
    expect(refusal(forged(tensors, data))).toContain("its header doesn't describe its arrays");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 27);
  });
});

describe("a checkpoint whose header lies is refused:", () => {
  type Header = Record<string, unknown>;
  const lying = (change: (header: Header) => unknown): Uint8Array =>
    encodeCheckpoint({ ...honest, header: change(structuredClone(honest.header) as Header) });
  const dense = (units: number, estimator?: string) => ({ kind: "dense", units, ...(estimator && { estimator }) });
  const within = (key: string, change: object) => (header: Header) => ({
    ...header,
    [key]: { ...(header[key] as object), ...change },
  });

  test.each<[string, (header: Header) => unknown, RegExp]>([
    ["nothing", () => null, /must describe a training, received null/],
    ["a list", () => [1, 2], /must describe a training, received \[1,2\]/],
    ["another version", (h) => ({ ...h, version: 7 }), /has version 7, this library reads version 2/],
    ["no training", ({ training: _, ...h }) => h, /training must describe a training, received undefined/],
    ["no optimizer's name", within("training", { optimizer: {} }), /training: train: optimizer\.name must be one of/],
    ["an optimizer of null", within("training", { optimizer: null }), /training: train: optimizer must be an object/],
    ["no schedule", within("training", { schedule: undefined }), /training\.schedule is missing$/],
    ["half an epoch", within("training", { epochs: 1.5 }), /training: train: epochs must be a whole number/],
    [
      "no model",
      within("model", { stages: [{ kind: "oracle" }] }),
      /its model can't be made: mlp: stages\[0\]: kind must be one of/,
    ],
    [
      "stages of null",
      within("model", { stages: [null] }),
      /its model can't be made: mlp: stages\[0\] must be an object/,
    ],
    [
      "stages that are none",
      within("model", { stages: { length: 1e9 } }),
      /its model can't be made: .* must be a list/,
    ],
    ["no head", within("model", { head: undefined }), /its model can't be made: mlp: head must be an object/],
    ["a head of other inputs", within("model", { head: { kind: "bits", shape: [4] } }), /the head bits reads \[4\]/],
    [
      "millions of units",
      within("model", { stages: [dense(3e6, "nvil"), dense(3)] }),
      /state\.params\.0\.weight must be \[4, 3000000\], as its model says, it is \[4, 5\]/,
    ],
    [
      "millions of classes",
      within("model", { stages: [dense(5, "nvil"), dense(3e6)], head: { kind: "classes", classes: 3e6 } }),
      /state\.params\.1\.weight must be \[5, 3000000\]/,
    ],
    [
      "millions of inputs",
      within("model", { input: [3e6, 3e6] }),
      /state\.params\.0\.weight must be \[9000000000000, 5\]|its model can't be made: .* an array has at most/,
    ],
    ["another layer", within("model", { stages: [dense(3)] }), /state\.params\.0\.weight must be \[4, 3\]/],
    ["no position", (h) => ({ ...h, position: null }), /position must describe a training, received null/],
    [
      "an epoch before the first",
      within("position", { epoch: 0 }),
      /position\.epoch must be a whole number at least 1/,
    ],
    [
      "shares that are words",
      within("position", { observed: [{ open: "all" }] }),
      /position\.observed\.open must be a finite number/,
    ],
    ["metrics of null", (h) => ({ ...h, metrics: [null] }), /metrics must describe a training, received null/],
    [
      "NaN scores, which JSON has as null",
      within("best", { valid: { nll: null, error: 0 } }),
      /nll of a score must be a finite number, received null/,
    ],
    [
      "a report of a stage that is a word",
      within("best", { valid: { nll: 1, error: 10, gates: [{ open: "all" }] } }),
      /gates of a score\.open must be a finite number, received "all"/,
    ],
    ["no data", (h) => ({ ...h, data: { name: 1 } }), /data must have a name and a checksum/],
    [
      "a precision that isn't there",
      (h) => ({ ...h, ranOn: { backend: "a", instructionSet: "b", precision: "half" } }),
      /ranOn\.precision must be one of float32, bfloat16/,
    ],
  ])("%s", (_, change, message) => {
    const found = refusal(lying(change));
    expect(found).toMatch(/^checkpoint: x/);
    expect(ended(found)).toMatch(message);
  });

  test.each(["model", "training"])("a %s nested 10,000 deep", (key) => {
    const text = JSON.stringify({ ...(honest.header as object), [key]: "@" });
    const deep = text.replace('"@"', "[".repeat(10_000) + "]".repeat(10_000));
    expect(refusal(forged({}, new Uint8Array(0), deep))).toBe(
      "checkpoint: x: training and model must be at most 20 levels deep",
    );
  });

  test("and so is one whose arrays aren't those of its model", () => {
    const without = new Map([...honest.arrays].filter(([name]) => name !== "best.1.bias"));
    expect(refusal(encodeCheckpoint({ ...honest, arrays: without }))).toBe(
      "resume: best.1.bias in x must be float32[3], it is missing",
    );
    const other = new Map(honest.arrays).set("state.params.1.bias", NdArray.zeros([3], "float64"));
    expect(refusal(encodeCheckpoint({ ...honest, arrays: other }))).toContain("must be float32[3], it is float64[3]");
  });
});

describe("loadModel", () => {
  test("says what it takes, and how to read a file", () => {
    expect(refusal("runs/first")).toBe(
      'loadModel: takes the bytes of a model, a Uint8Array, received the path "runs/first": loadModel(await readFile("runs/first/checkpoint.safetensors")) with node:fs/promises reads a file',
    );
    expect(refusal("a/checkpoint.safetensors")).toContain('readFile("a/checkpoint.safetensors")');
    expect(refusal(readFile(join(home, "run", "config.json")))).toContain(
      "received a promise: loadModel(await …) waits for it",
    );
    for (const wrong of [undefined, null, 7, {}, [1, 2], new Float32Array(3)])
      expect(refusal(wrong)).toMatch(/^loadModel: takes the bytes of a model, a Uint8Array, received /);
  });

  test("takes an ArrayBuffer too, which is what a browser's fetch gives", () => {
    const bytes = encodeCheckpoint(honest);
    expect(loadModel(bytes.buffer).params).toEqual(loadModel(bytes).params);
  });
});
