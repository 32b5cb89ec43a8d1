import { readSafetensors } from "../../src/formats/safetensors-any.ts";
import { mlp } from "../../src/models/mlp.ts";
import { paramsFrom } from "../../src/predict/params-from.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { mutateJson } from "./mutate.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Safetensors files of others, damaged and forged: each is read as a simple reader reads it, or refused. */
export const weights: Suite = {
  name: "weights",
  about: "damaged and forged safetensors files, beside a simple reader",
  cases: 2000,
  full: 100_000,
  run: (options) => eachCase(options, (seed) => oneCase(new Draws(seed))),
};

/** How a number of each type is taken from bytes. */
const readers: Readonly<Record<string, readonly [width: number, read: (view: DataView, at: number) => number]>> = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  F16: [2, (view, at) => half(view.getUint16(at, true))],
  BF16: [
    2,
    (view, at) =>
      new DataView(Uint8Array.of(0, 0, view.getUint8(at), view.getUint8(at + 1)).buffer).getFloat32(0, true),
  ],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  I32: [4, (view, at) => view.getInt32(at, true)],
  I16: [2, (view, at) => view.getInt16(at, true)],
  I8: [1, (view, at) => view.getInt8(at)],
  U32: [4, (view, at) => view.getUint32(at, true)],
  U16: [2, (view, at) => view.getUint16(at, true)],
  U8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => Math.sign(view.getUint8(at))],
};

/** IEEE 754, binary16, from its text of bits. */
function half(bits: number): number {
  const text = bits.toString(2).padStart(16, "0");
  const [exponent, fraction] = [Number.parseInt(text.slice(1, 6), 2), Number.parseInt(text.slice(6), 2)];
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return text[0] === "1" ? -size : size;
}

const model = mlp({ input: 2, hidden: [], classes: 2 });
const wanted: readonly (readonly [string, readonly number[]])[] = [
  ["output.weight", [2, 2]],
  ["output.bias", [2]],
];

/** A header and the bytes behind it, of arrays of any type, or of those that a network needs. */
function drawnParts(draws: Draws): { header: Record<string, unknown>; data: Uint8Array } {
  const fits = draws.oneIn(3);
  const names = fits ? wanted.map(([name]) => name) : ["a", "b.weight", "__proto__", "constructor"].slice(0, 1 + draws.below(4)); // biome-ignore format: one line
  const header = Object.create(null) as Record<string, unknown>;
  if (draws.oneIn(2)) header.__metadata__ = { format: "pt" };
  const parts: Uint8Array[] = [];
  let at = 0;
  names.forEach((name, i) => {
    const dtype = fits ? "F32" : draws.of(Object.keys(readers));
    const shape = fits ? wanted[i]![1] : Array.from({ length: draws.below(4) }, () => draws.below(5));
    const length = shape.reduce((product, n) => product * n, 1) * readers[dtype]![0];
    let bytes = draws.bytes(length);
    // Not all bytes are a truth value, and few int64 are whole doubles.
    if (dtype === "BOOL") bytes = bytes.map((byte) => byte & 1);
    if (dtype === "I64") bytes = bytes.map((byte, place) => (place % 8 > 5 ? 0 : byte));
    if (fits) bytes = bytes.map((byte, place) => (place % 4 === 3 ? byte & 0x3f : byte));
    header[name] = { dtype, shape, data_offsets: [at, at + length] };
    parts.push(bytes);
    at += length;
  });
  return { header, data: Buffer.concat(parts) };
}

function assembled(header: unknown, data: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header) ?? "");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([head, json, data]));
}

/** What stands in a file by the description of the format; undefined where an array isn't where its header says. */
function simplyRead(bytes: Uint8Array): Map<string, { shape: number[]; values: number[] }> | undefined {
  try {
    const whole = Buffer.from(bytes);
    const start = 8 + Number(whole.readBigUInt64LE(0));
    const { __metadata__: _, ...entries } = JSON.parse(whole.toString("utf8", 8, start)) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>; // biome-ignore format: one line
    const view = new DataView(bytes.buffer, bytes.byteOffset + start);
    return new Map(
      Object.entries(entries).map(([name, { dtype, shape, data_offsets }]) => {
        const [width, read] = readers[dtype]!;
        const [from, to] = data_offsets;
        return [name, { shape, values: Array.from({ length: (to - from) / width }, (_, i) => read(view, from + i * width)) }]; // biome-ignore format: one line
      }),
    );
  } catch {
    return undefined;
  }
}

const told = (all: ReadonlyMap<string, { shape: readonly number[]; values: ArrayLike<number> }>): string =>
  Array.from(all, ([name, { shape, values }]) => `${name} [${shape}] ${Array.from(values)}`).join("\n");

async function oneCase(draws: Draws): Promise<string> {
  const { header, data } = drawnParts(draws);
  const isWhole = draws.oneIn(4);
  const good = assembled(header, data);
  const bytes = isWhole
    ? good
    : draws.oneIn(2)
      ? new Uint8Array(draws.of(Object.values(damages))(good, draws))
      : assembled(mutateJson({ ...header }, draws), data);
  const found = await attempt(bytes.length, "safetensors", () => readSafetensors(bytes, "f"));
  if (found === REFUSED) {
    if (isWhole) throw new Error(`refused a good file: ${JSON.stringify(header)}`);
    return REFUSED;
  }
  const simple = simplyRead(bytes);
  const read = told(new Map(Array.from(found, ([name, { shape, data }]) => [name, { shape, values: data }])));
  if (!simple || read !== told(simple)) throw new Error(`read ${read}, simply ${simple && told(simple)}`);
  const params = await attempt(bytes.length, "paramsFrom", () => paramsFrom(model, found));
  if (params === REFUSED) return "read";
  const given = told(new Map(wanted.map(([name, shape]) => [name, { shape, values: simple.get(name)!.values }])));
  const [layer] = params as unknown as [{ weight: { data: Float32Array }; bias: { data: Float32Array } }];
  const taken = told(new Map([[wanted[0]![0], { shape: [2, 2], values: layer.weight.data }], [wanted[1]![0], { shape: [2], values: layer.bias.data }]])); // biome-ignore format: one line
  if (taken !== given) throw new Error(`the network got ${taken}, there is ${given}`);
  return "read into a network";
}
