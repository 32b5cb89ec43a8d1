import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { pythonWith } from "../../test/support/python.ts";
import { crc32 } from "./crc32.ts";
import { type EncodableNpy, encodeNpy, encodeNpz, type NpyType, readNpy, readNpz } from "./npy.ts";
import { encodeZip, readZip } from "./zip.ts";

const folder = mkdtempSync(join(tmpdir(), "npy-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A .npy file, put together by hand. */
function file(header: string, elements: Uint8Array | number[], version = 1): Uint8Array {
  const text = Buffer.from(header, version === 3 ? "utf8" : "latin1");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Buffer.from([version, 0]),
    length,
    text,
    Buffer.from(elements),
  ]);
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const arrays = new Map<string, EncodableNpy>([
  ["weight", { shape: [2, 3], data: Float32Array.of(1.5, -2, 0, 1e-40, 3e38, -0) }],
  ["bias", { shape: [3], data: Float64Array.of(0.1, Number.NaN, Number.NEGATIVE_INFINITY) }],
  ["scalar", { shape: [], data: Int32Array.of(-7) }],
  ["none", { shape: [0, 4], data: new Float32Array(0) }],
  ["pixels", { shape: [1, 2, 2], data: Uint8Array.of(0, 1, 254, 255) }],
  ["flags", { shape: [2], data: Uint8Array.of(0, 1), type: "bool" }],
  ["counts", { shape: [2], data: Float64Array.of(-(2 ** 63), 2 ** 54 + 4), type: "int64" }],
  ["layer 1.wé", { shape: [1], data: Int16Array.of(-300) }],
]);
const plain = (array: EncodableNpy) => ({ shape: [...array.shape], data: Array.from(array.data) });

describe("an array of numpy", () => {
  test("is written as the format says, its elements from a multiple of 64 on", () => {
    const bytes = Buffer.from(encodeNpy({ shape: [3], data: Int32Array.of(1, -1, 256) }));
    const said = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }".padEnd(117);
    expect(bytes.subarray(0, 128).toString("latin1")).toBe(`\x93NUMPY\x01\x00\x76\x00${said}\n`);
    expect(bytes.subarray(128).toString("hex")).toBe("01000000ffffffff00010000");
  });

  test("is read as it was written", () => {
    for (const [name, array] of arrays) {
      const read = readNpy(encodeNpy(array), name);
      expect(plain(read)).toEqual(plain(array));
      if (array.type) expect(read.type).toBe(array.type);
    }
  });

  test("of each version, order and type is read", () => {
    const six = [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0];
    for (const version of [1, 2, 3])
      expect(plain(readNpy(file(header("<i2", "(2, 3)"), six, version), "a"))).toEqual({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }); // biome-ignore format: one line
    expect(plain(readNpy(file(header("<i2", "(2, 3)", "True"), six), "a")).data).toEqual([1, 3, 5, 2, 4, 6]);
    expect(plain(readNpy(file(header(">u2", "(6,)"), six), "a")).data).toEqual([256, 512, 768, 1024, 1280, 1536]);
    expect(plain(readNpy(file(header("<i2", "(1, 2, 3)", "True"), six), "a")).data).toEqual([1, 3, 5, 2, 4, 6]);
    expect(plain(readNpy(file(header("|b1", "(3,)"), [0, 1, 7]), "a")).data).toEqual([0, 1, 1]);
    // Keys in another order, double quotes, and numpy's old spelling of a tuple's end.
    const other = `{"shape": (1,2 ), 'descr': "|i1", "fortran_order": False}   \n`;
    expect(plain(readNpy(file(other, [255, 1]), "a"))).toEqual({ shape: [1, 2], data: [-1, 1] });
  });

  test.each([
    ["npy: a is not a .npy file: it doesn't begin as one", Buffer.from("PK\x03\x04 and more")],
    ["npy: the version of a must be 1.0, 2.0 or 3.0, received 4.0", file(header("<f4", "()"), [0, 0, 0, 0], 4)],
    ["npy: a ends within its header", file(header("<f4", "()"), []).subarray(0, 40)],
    ["as its shape (2, 2) says, 15 bytes follow its header", file(header("<f4", "(2, 2)"), new Uint8Array(15))],
    ["17 bytes follow its header", file(header("<f4", "(2, 2)"), new Uint8Array(17))],
    ['uint64, received the type "|O"', file(header("|O", "(1,)"), [0])],
    ['received the type "<f2"', file(header("<f2", "(1,)"), [0, 0])],
    ['received the type "|f4"', file(header("|f4", "(1,)"), [0, 0, 0, 0])],
    ['received the type "<u8"', file(header("<u8", "(1,)"), new Uint8Array(8))],
    [
      "its elements are records of several",
      file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", []),
    ],
    ["must have descr, fortran_order and shape", file("{'descr': '<f4', 'shape': (1,), }", [0, 0, 0, 0])],
    ["must have descr, fortran_order and shape", file(header("<f4", "(-1,)"), [0, 0, 0, 0])],
    ["must have descr, fortran_order and shape", file(header("<f4", "(1)"), [0, 0, 0, 0])],
    ["must have descr, fortran_order and shape", file(header("<f4", "(99999999999999999999,)"), [])],
    [
      "must be one that a double holds exactly, received 9007199254740993",
      file(header("<i8", "(1,)"), [1, 0, 0, 0, 0, 0, 32, 0]),
    ],
  ])("%s", (message, bytes) => {
    expect(() => readNpy(bytes, "a")).toThrow(message);
  });

  test("of another type or size than its elements isn't written", () => {
    expect(() => encodeNpy({ shape: [2], data: Float32Array.of(1) })).toThrow(
      "must hold 2 elements in a Float32Array, received 1",
    );
    expect(() => encodeNpy({ shape: [1], data: Float32Array.of(1), type: "int64" })).toThrow(
      "in a Float64Array, received 1 in a Float32Array",
    );
    expect(() => encodeNpy({ shape: [1], data: Float64Array.of(0.5), type: "int64" })).toThrow(
      "from -2^63 to 2^63 - 1, received 0.5",
    );
    expect(() => encodeNpy({ shape: [1], data: [1] as never })).toThrow("npy: must be given a typed array of numbers");
  });
});

describe("a file of several arrays", () => {
  test("is read as it was written, and the same bytes each time", () => {
    const bytes = encodeNpz(arrays);
    expect(Array.from(readNpz(bytes, "a"), ([name, array]) => [name, plain(array)])).toEqual(Array.from(arrays, ([name, array]) => [name, plain(array)])); // biome-ignore format: one line
    expect(encodeNpz(arrays)).toEqual(bytes);
    expect(readNpz(encodeNpz(new Map()), "a").size).toBe(0);
  });

  const zip = (change: (bytes: Buffer, end: number, directory: number) => unknown): Uint8Array => {
    const bytes = Buffer.from(encodeZip(new Map([["a.npy", Buffer.from("content")], ["b.npy", Buffer.from("more")]]))); // biome-ignore format: one line
    const end = bytes.length - 22;
    const changed = change(bytes, end, bytes.readUInt32LE(end + 16));
    return Buffer.isBuffer(changed) ? changed : bytes;
  };

  test.each([
    ["is not a ZIP file, or is cut off", zip((bytes) => bytes.subarray(0, bytes.length - 1))],
    ["is not a ZIP file, or is cut off", new Uint8Array(0)],
    ["ZIP64 isn't read", zip((bytes, end) => bytes.writeUInt16LE(0xffff, end + 10))],
    ["ZIP64 isn't read", zip((bytes, _, at) => bytes.writeUInt32LE(0xffffffff, at + 24))],
    ["must be one file, it is a part", zip((bytes, end) => bytes.writeUInt16LE(1, end + 4))],
    ["its directory isn't where its end says", zip((bytes, end) => bytes.writeUInt32LE(3, end + 16))],
    ["a.npy in f must not be encrypted", zip((bytes, _, at) => bytes.writeUInt16LE(1, at + 8))],
    ["its compression method is 14", zip((bytes, _, at) => bytes.writeUInt16LE(14, at + 10))],
    ["a.npy isn't where the directory says", zip((bytes, _, at) => bytes.writeUInt32LE(1, at + 42))],
    ["b.npy has another name in its own header", zip((bytes) => bytes.write("c", bytes.indexOf("b.npy")))],
    [
      "b.npy lies where another file does",
      zip((bytes, _, at) => bytes.writeUInt32LE(20, at + 20) && bytes.writeUInt32LE(20, at + 24)),
    ],
    ["the checksum of a.npy is", zip((bytes) => bytes.write("X", bytes.indexOf("content")))],
    [
      "it holds two files a.npy",
      zip((bytes) => Buffer.from(bytes.toString("latin1").replaceAll("b.npy", "a.npy"), "latin1")),
    ],
  ])("%s", (message, bytes) => {
    expect(() => readZip(bytes, "f")).toThrow(message);
  });

  test("that promises more than it holds takes no memory for it", () => {
    const [content, own] = [deflateRawSync(Buffer.alloc(1000)), Buffer.from("a.npy")];
    const made = (size: number, packed = content) => {
      const bytes = Buffer.from(encodeZip(new Map([["a.npy", packed]])));
      const directory = 30 + own.length + packed.length;
      for (const at of [8, directory + 10]) bytes.writeUInt16LE(8, at);
      for (const at of [14, directory + 16]) bytes.writeUInt32LE(crc32(Buffer.alloc(size)), at);
      for (const at of [22, directory + 24]) bytes.writeUInt32LE(size, at);
      return bytes;
    };
    expect(readZip(made(1000), "f").get("a.npy")).toEqual(new Uint8Array(1000));
    expect(() => readZip(made(999), "f")).toThrow("a.npy: it holds more bytes, it must be 999");
    expect(() => readZip(made(1001), "f")).toThrow("a.npy: it holds 1000 bytes, it must be 1001");
    expect(() => readZip(made(1000, Buffer.concat([content, Buffer.alloc(2)])), "f")).toThrow("2 bytes follow its end");
    expect(() => readZip(made(1e6), "f")).toThrow("its 11 compressed ones hold fewer");
  });

  test("with something else in it is refused", () => {
    expect(() => readNpz(encodeZip(new Map([["readme.txt", new Uint8Array(1)]])), "f")).toThrow(
      'npz: f must hold arrays, as NAME.npy, it holds "readme.txt"',
    );
  });
});

const python = pythonWith("numpy");
const program = `
import json, sys
import numpy as np
ours = np.load("ours.npz")
said = {name: [str(a.dtype), list(a.shape), [repr(float(x)) for x in a.ravel()]] for name, a in ours.items()}
single = np.load("one.npy")
rng = np.random.default_rng(1)
theirs = {}
for kind in ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "?"]:
    for order in "CF":
        values = (100 * rng.random((2, 3, 4))).astype(kind)
        theirs[np.dtype(kind).name + order] = np.array(values, order=order)
theirs["big"] = np.arange(3).astype(">f8")
theirs["scalar"] = np.float32(0.5)
np.savez("plain.npz", **theirs)
np.savez_compressed("deflated.npz", **theirs)
np.lib.format.write_array(open("two.npy", "wb"), np.arange(4.0), version=(2, 0))
print(json.dumps([said, single.tolist(), {name: a.astype(float).ravel().tolist() for name, a in theirs.items()}]))`;

test.skipIf(!python)("numpy opens ours, and we open numpy's", () => {
  writeFileSync(join(folder, "ours.npz"), encodeNpz(arrays));
  writeFileSync(join(folder, "one.npy"), encodeNpy(arrays.get("weight")!));
  const [ours, one, theirs] = JSON.parse(execFileSync(python!, ["-c", program], { cwd: folder, encoding: "utf8" }));
  const types: NpyType[] = ["float32", "float64", "int32", "float32", "uint8", "bool", "int64", "int16"];
  expect(Object.keys(ours)).toEqual([...arrays.keys()]);
  for (const [i, [name, { shape, data }]] of [...arrays].entries()) {
    expect(ours[name].slice(0, 2)).toEqual([types[i], shape]);
    expect(ours[name][2].map((text: string) => Number(text.replace("inf", "Infinity")))).toEqual(Array.from(data));
  }
  expect(one[0]).toEqual([1.5, -2, 0]);
  for (const file of ["plain.npz", "deflated.npz"]) {
    const read = readNpz(readFileSync(join(folder, file)), file);
    expect([...read.keys()]).toEqual(Object.keys(theirs));
    for (const [name, { data, shape, type }] of read) {
      expect(Array.from(data), name).toEqual(theirs[name]);
      if (/[CF]$/.test(name)) expect([type, shape]).toEqual([name.slice(0, -1), [2, 3, 4]]);
    }
  }
  expect(plain(readNpy(readFileSync(join(folder, "two.npy")), "two"))).toEqual({ shape: [4], data: [0, 1, 2, 3] });
});
