import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pythonWith } from "../../test/support/python.ts";
import { NdArray } from "../graph/ndarray.ts";
import { encodeMat } from "./mat.ts";

const folder = mkdtempSync(join(tmpdir(), "mat-"));
afterAll(() => rmSync(folder, { recursive: true }));

const arrays = new Map([
  ["hidden1.weight", new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])],
  ["hidden1.bias", new NdArray(Float64Array.of(0.1, -2, 1e300), [3])],
  ["threshold", new NdArray(Float32Array.of(-0.5), [])],
  ["blocks", new NdArray(Int32Array.from({ length: 24 }, (_, i) => i - 12), [2, 3, 4])], // biome-ignore format: one line
]);

test("a matrix is its kind, sizes, name and columns, each at a multiple of 8 bytes", () => {
  const bytes = encodeMat(new Map([["a.b", new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])]]));
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString("latin1");
  expect(text(0, 42)).toBe("MATLAB 5.0 MAT-file, written by heaviside ");
  expect(text(116, 128)).toBe("\0\0\0\0\0\0\0\0\0\u0001IM");
  const words = (from: number, to: number) => Array.from(new Int32Array(bytes.buffer.slice(from, to)));
  expect(words(128, 168)).toEqual([14, 80, 6, 8, 7, 0, 5, 8, 2, 3]);
  expect(words(168, 176)).toEqual([1, 3]);
  expect(text(176, 184)).toBe("a_b\0\0\0\0\0");
  expect(words(184, 192)).toEqual([7, 24]);
  expect(Array.from(new Float32Array(bytes.buffer.slice(192)))).toEqual([1, 4, 2, 5, 3, 6]);
});

test("a vector is a row, and a number a matrix of one", () => {
  const lengths = (shape: readonly number[], count: number) => {
    const bytes = encodeMat(new Map([["a", new NdArray(new Float32Array(count), shape)]]));
    return Array.from(new Int32Array(bytes.buffer.slice(160, 168)));
  };
  expect([lengths([3], 3), lengths([], 1), lengths([3, 1], 3)]).toEqual([[1, 3], [1, 1], [3, 1]]); // biome-ignore format: pairs
});

test("two arrays of one variable's name are refused", () => {
  const one = new NdArray(Float32Array.of(1), [1]);
  expect(() => encodeMat(new Map([["a.b", one], ["a b", one]]))).toThrow("a.b and a b are both a_b"); // biome-ignore format: pairs
});

const python = pythonWith("scipy.io");
const program = `
import json, scipy.io
found = scipy.io.loadmat("weights.mat")
print(json.dumps({name: [str(a.dtype), list(a.shape), a.ravel().tolist()] for name, a in found.items() if name[0] != "_"}))`;

const expected = {
  hidden1_weight: ["float32", [2, 3], [1, 2, 3, 4, 5, 6]],
  hidden1_bias: ["float64", [1, 3], [0.1, -2, 1e300]],
  threshold: ["float32", [1, 1], [-0.5]],
  blocks: ["int32", [2, 3, 4], Array.from({ length: 24 }, (_, i) => i - 12)],
};

test.skipIf(!python)("scipy opens it", () => {
  writeFileSync(join(folder, "weights.mat"), encodeMat(arrays));
  expect(JSON.parse(execFileSync(python!, ["-c", program], { cwd: folder, encoding: "utf8" }))).toEqual(expected);
});

const octave = existsSync("/usr/bin/octave-cli");

test.skipIf(!octave)("Octave opens it", () => {
  writeFileSync(join(folder, "weights.mat"), encodeMat(arrays));
  const code = `load weights.mat
printf("%s ", class(hidden1_weight), class(hidden1_bias), class(blocks)); disp("");
printf("%g ", size(hidden1_weight), hidden1_weight(2, 1), size(hidden1_bias), hidden1_bias(2), threshold); disp("");
printf("%g ", size(blocks), blocks(2, 1, 1), blocks(1, 2, 1), blocks(1, 1, 2));`;
  const said = execFileSync("octave-cli", ["--no-gui", "--norc", "--eval", code], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(said.trim().split(/\s*\n/)).toEqual(["single double int32", "2 3 4 1 3 -2 -0.5", "2 3 4 0 -8 -11"]);
});
