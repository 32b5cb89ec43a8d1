import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { elementsOf, type NpyArray, type NpyType, npyWidths } from "./npy.ts";
import { MAX_HEADER, parseHeader } from "./safetensors.ts";

/** Types of elements by their codes, with what they become here. */
const types: { readonly [code: string]: NpyType } = {
  ...{ F64: "float64", F32: "float32", I64: "int64", I32: "int32", I16: "int16", I8: "int8" },
  ...{ U32: "uint32", U16: "uint16", U8: "uint8", BOOL: "bool" },
};

/** Floats of 16 bits: how the bits become those of a float32. */
const halves: { readonly [code: string]: (bits: number) => number } = {
  F16: (bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent === 0 ? fraction / 2 ** 24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  },
  BF16: (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!,
};

const widths = new Map([
  ...Object.entries(types).map(([code, type]) => [code, npyWidths[type]] as const),
  ...Object.keys(halves).map((code) => [code, 2] as const),
]);

/**
 * Reads the arrays of a safetensors file by name, whoever wrote it (https://github.com/huggingface/safetensors). float16 and bfloat16 become float32, int64
 * doubles, bool 0 and 1. `name` stands for the file in errors. Throws UserError for a file that is cut off, for a header that doesn't describe the bytes
 * behind it, for elements of another type, and for an int64 that no double holds.
 */
export function readSafetensors(bytes: Uint8Array, name: string): Map<string, NpyArray> {
  const fail = (what: string): UserError => new UserError(`safetensors: ${name} ${what}`);
  if (bytes.length < 8) throw fail(`ends after ${bytes.length} bytes, the length of its header takes 8`);
  const promised = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (promised > MAX_HEADER) throw fail("is not a safetensors file: it doesn't begin as one");
  const start = 8 + Number(promised);
  if (bytes.length < start) throw fail(`ends after ${bytes.length} bytes, its header alone takes ${start}`);
  const parsed = parseHeader(bytes.subarray(8, start), widths, (code) => {
    throw fail(`must hold elements of ${[...widths.keys()].join(", ")}, received ${show(code)}`);
  });
  const end = start + (parsed?.entries.reduce((most, [, { data_offsets }]) => Math.max(most, data_offsets[1]), 0) ?? 0);
  if (!parsed) throw fail("is not a safetensors file: its header doesn't describe its arrays");
  if (bytes.length !== end) throw fail(`must have ${end} bytes, as its header says, it has ${bytes.length}`);
  return new Map(
    parsed.entries.map(([key, { dtype, shape, data_offsets }]) => {
      const [from, to] = data_offsets;
      const raw = new Uint8Array(bytes.subarray(start + from, start + to));
      const half = halves[dtype];
      if (!half) {
        const type = types[dtype]!;
        return [key, { type, shape, data: elementsOf(raw, type, false, `safetensors: ${key} in ${name}`) }];
      }
      const view = new DataView(raw.buffer);
      const data = Float32Array.from({ length: raw.length / 2 }, (_, i) => half(view.getUint16(2 * i, true)));
      return [key, { type: "float32" as const, shape, data }];
    }),
  );
}
