import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { NdArray } from "../graph/index.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";

const anyArray = fc
  .tuple(fc.constantFrom(Float32Array, Float64Array, Int32Array), fc.array(fc.nat(4), { maxLength: 3 }), fc.nat())
  .map(([type, shape, salt]) => {
    const data = new type(shape.reduce((a, b) => a * b, 1));
    const raw = new Uint8Array(data.buffer);
    raw.forEach((_, i) => (raw[i] = (i * 151 + salt) % 256)); // any bits, NaN among them
    return new NdArray(data, shape);
  });

const anyCheckpoint = fc
  .record({
    header: fc.jsonValue(),
    arrays: fc.dictionary(
      fc.string({ minLength: 1 }).map((s) => `a${s}`),
      anyArray,
    ),
  })
  .map(({ header, arrays }): Checkpoint => ({ header, arrays: new Map(Object.entries(arrays)) }));

const bits = ({ data }: NdArray): number[] => Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/** What comes of bytes: "read", or the message of the refusal; any other error fails the test. */
function outcome(bytes: Uint8Array): string {
  try {
    decodeCheckpoint(bytes, "run/checkpoint");
    return "read";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const small = encodeCheckpoint({
  header: { epoch: 3, loss: 0.1 + 0.2, text: 'ü "quoted"' },
  arrays: new Map([
    ["weight", new NdArray(Float32Array.of(1, Number.NaN, -0), [3])],
    ["step", new NdArray(Int32Array.of(-7), [])],
    ["empty", new NdArray(new Float64Array(0), [0, 2])],
  ]),
});

describe("a checkpoint", () => {
  test("reads back bit for bit", () => {
    fc.assert(
      fc.property(anyCheckpoint, (checkpoint) => {
        const { header, arrays } = decodeCheckpoint(encodeCheckpoint(checkpoint), "x");
        expect(header).toEqual(JSON.parse(JSON.stringify(checkpoint.header)));
        expect([...arrays.keys()].sort()).toEqual([...checkpoint.arrays.keys()].sort());
        for (const [name, array] of checkpoint.arrays) {
          expect(arrays.get(name)).toMatchObject({ shape: array.shape, dtype: array.dtype });
          expect(bits(arrays.get(name)!)).toEqual(bits(array));
        }
      }),
    );
  });

  test("is a safetensors file: length, header, arrays without a gap", () => {
    const length = Number(new DataView(small.buffer).getBigUint64(0, true));
    const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(small.subarray(8, 8 + length)));
    expect(length % 8).toBe(0);
    expect(Object.values(__metadata__).every((value) => typeof value === "string")).toBe(true);
    expect(entries).toEqual({
      weight: { dtype: "F32", shape: [3], data_offsets: [0, 12] },
      step: { dtype: "I32", shape: [], data_offsets: [12, 16] },
      empty: { dtype: "F64", shape: [0, 2], data_offsets: [16, 16] },
    });
    expect(small.length).toBe(8 + length + 16);
    expect(new DataView(small.buffer).getInt32(8 + length + 12, true)).toBe(-7);
  });
});

describe("a damaged checkpoint is refused", () => {
  test("cut at any byte, with the file and its length", () => {
    for (let end = 0; end < small.length; end++)
      expect(outcome(small.subarray(0, end))).toMatch(
        new RegExp(`^checkpoint: run/checkpoint ends after ${end} bytes, .* \\d+$`),
      );
    expect(outcome(small)).toBe("read");
  });

  test("with any bit of any byte flipped", () => {
    for (let at = 0; at < small.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const damaged = small.slice();
        damaged[at]! ^= 1 << bit;
        expect(outcome(damaged)).toMatch(/^checkpoint: run\/checkpoint (is damaged|is not|ends after)/);
      }
  });

  test("with bytes added, or a stretch replaced", () => {
    expect(outcome(Uint8Array.of(...small, 0))).toContain("is damaged: its checksum is");
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }), (at, bytes) => {
        const damaged = small.slice();
        damaged.set(bytes.subarray(0, damaged.length - at), at);
        if (damaged.some((byte, i) => byte !== small[i])) expect(outcome(damaged)).not.toBe("read");
      }),
      { numRuns: 500 },
    );
  });

  test("when it is some other file", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(bytes)).toMatch(/^checkpoint: /);
      }),
    );
    expect(outcome(new TextEncoder().encode("epoch,loss\n".repeat(20)))).toContain("is not a checkpoint");
  });
});
