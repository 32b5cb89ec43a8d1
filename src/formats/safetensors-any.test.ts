import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pythonWith } from "../../test/support/python.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { NdArray } from "../graph/index.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { readSafetensors } from "./safetensors-any.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

/** A file of arrays as bytes, by the format's description. */
function file(header: object, bytes: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const made = new Uint8Array(8 + text.length + bytes.length);
  new DataView(made.buffer).setBigUint64(0, BigInt(text.length), true);
  made.set(text, 8);
  made.set(bytes, 8 + text.length);
  return made;
}
const entry = (dtype: string, shape: readonly number[], bytes: number) => ({ dtype, shape, data_offsets: [0, bytes] });

const python = pythonWith("numpy");
const program = `
import json, struct, sys
import numpy as np
types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"}
values = np.array([[0, 1, -1.5], [2.5, 100, -127]])
header, parts, at, said = {"__metadata__": {"format": "pt"}}, [], 0, {}
for code, type in types.items():
    array = np.abs(values).astype(type) if code[0] in "UB" else values.astype(type)
    header[code] = {"dtype": code, "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
    parts.append(array.tobytes()); at += array.nbytes
    said[code] = array.astype(float).ravel().tolist()
every = np.arange(2**16, dtype="<u2")
header["every half"] = {"dtype": "F16", "shape": [2**16], "data_offsets": [at, at + every.nbytes]}
parts.append(every.tobytes()); at += every.nbytes
every.view("<f2").astype("<f4").tofile(sys.argv[1] + ".halves")
text = json.dumps(header).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + b"".join(parts))
print(json.dumps(said))
`;

test.skipIf(!python)("numbers of each type are those of numpy, and each of the 65,536 halves", () => {
  const path = join(folder, "all.safetensors");
  const said: Record<string, number[]> = JSON.parse(execFileSync(python!, ["-c", program, path], { encoding: "utf8" }));
  const found = readSafetensors(readFileSync(path), "all.safetensors");
  for (const [code, wanted] of Object.entries(said)) {
    const { shape, data } = found.get(code)!;
    expect([shape, [...data]], code).toEqual([[2, 3], wanted]);
  }
  expect([...found.keys()].sort()).toEqual([...Object.keys(said), "every half"].sort());
  const halves = new Float32Array(new Uint8Array(readFileSync(`${path}.halves`)).buffer);
  const differ = [...halves.keys()].filter((i) => !Object.is(halves[i], found.get("every half")!.data[i]));
  expect(differ).toEqual([]);
});

test("bfloat16 are the upper bits of a float32", () => {
  const bits = [0x0000, 0x8000, 0x3f80, 0xc049, 0x7f80, 0x0001];
  const bytes = bits.flatMap((half) => [half & 255, half >> 8]);
  const { type, data } = readSafetensors(file({ a: entry("BF16", [6], 12) }, bytes), "a").get("a")!;
  expect(type).toBe("float32");
  expect([...data]).toEqual([0, -0, 1, -3.140625, Number.POSITIVE_INFINITY, 2 ** -133]);
});

test("what the library writes itself is read, too", () => {
  const arrays = new Map([["w", new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])]]);
  const found = readSafetensors(encodeSafetensors({ metadata: { format: "pt" }, arrays }), "own");
  expect(found).toEqual(new Map([["w", { type: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]));
});

test.each<[string, Uint8Array, string]>([
  ["no bytes", new Uint8Array(3), "safetensors: f ends after 3 bytes, the length of its header takes 8"],
  ["another kind of file", Uint8Array.from({ length: 99 }, () => 80), "safetensors: f is not a safetensors file: it doesn't begin as one"], // biome-ignore format: one line
  ["half a header", file({ a: entry("F32", [1], 4) }).subarray(0, 20), "safetensors: f ends after 20 bytes, its header alone takes"], // biome-ignore format: one line
  ["half an array", file({ a: entry("F32", [2], 8) }, [0, 0, 0, 0]), "safetensors: f must have 70 bytes, as its header says, it has 66"], // biome-ignore format: one line
  ["bytes behind the arrays", file({ a: entry("U8", [1], 1) }, [0, 0]), "as its header says, it has"],
  ["a type of 8 bits", file({ a: entry("F8_E4M3", [1], 1) }, [0]), "safetensors: f must hold elements of F64, F32, I64, I32, I16, I8, U32, U16, U8, BOOL, F16, BF16, received \"F8_E4M3\""], // biome-ignore format: one line
  ["a shape of other bytes", file({ a: entry("F32", [2], 4) }, [0, 0, 0, 0]), "its header doesn't describe its arrays"],
  ["a header of another kind", file(["x"]), "its header doesn't describe its arrays"],
  ["an int64 that no double holds", file({ a: entry("I64", [1], 8) }, [1, 0, 0, 0, 0, 0, 32, 0]), "safetensors: a in f: an int64 must be one that a double holds exactly, received 9007199254740993"], // biome-ignore format: one line
])("%s is refused", (_, bytes, message) => {
  expect(() => readSafetensors(bytes, "f")).toThrow(message);
});
