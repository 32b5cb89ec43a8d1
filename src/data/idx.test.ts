import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { decodeIdx, encodeIdx, type IdxArray, type IdxData, readIdx } from "./idx.ts";

const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** An array of any type and rank 0 to 4, every bit pattern allowed. */
const anyArray: fc.Arbitrary<IdxArray> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(arrays) as (keyof typeof arrays)[])),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  )
  .chain(([type, shape]) => {
    const bytes = shape.reduce((count, size) => count * size, 1) * arrays[type].BYTES_PER_ELEMENT;
    return fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((raw) => ({ type, shape, data: new arrays[type](Uint8Array.from(raw).buffer) }));
  });

function elementBytes(data: IdxData): number[] {
  return Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** The decoded array, or the message of the UserError; anything else that is thrown fails the test. */
async function outcome(bytes: Uint8Array): Promise<IdxArray | string> {
  try {
    return await readIdx(bytes, "digits");
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const labels = encodeIdx({ shape: [10], data: Uint8Array.of(5, 0, 4, 1, 9, 2, 1, 3, 1, 4) });

describe("encodeIdx and decodeIdx", () => {
  test("give every array of every type and rank back, bit by bit", async () => {
    await fc.assert(
      fc.asyncProperty(anyArray, fc.boolean(), async (array, compressed) => {
        const bytes = encodeIdx(array);
        const decoded = await readIdx(compressed ? gzipSync(bytes) : bytes, "digits");
        expect(decoded.type).toBe(array.type);
        expect(decoded.shape).toEqual(array.shape);
        expect(elementBytes(decoded.data)).toEqual(elementBytes(array.data));
      }),
    );
  });

  test("write big-endian sizes and elements, as the format says", () => {
    expect(Array.from(encodeIdx({ shape: [2], data: Int16Array.of(1, -2) }))).toEqual([
      0, 0, 0x0b, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xfe,
    ]);
    expect(Array.from(encodeIdx({ shape: [1, 1], data: Float32Array.of(1) }))).toEqual([
      0, 0, 0x0d, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0,
    ]);
    expect(Array.from(encodeIdx({ shape: [1], data: Float64Array.of(-2) }))).toEqual([
      0, 0, 0x0e, 1, 0, 0, 0, 1, 0xc0, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  test("work on a view into a larger buffer", () => {
    const file = new Uint8Array(labels.length + 7).fill(0xee);
    file.set(labels, 3);
    const view = file.subarray(3, 3 + labels.length);
    expect(Array.from(decodeIdx(view, "digits").data)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const wide = Int32Array.of(1, 2, 3, 4);
    expect(Array.from(decodeIdx(encodeIdx({ shape: [2], data: wide.subarray(1, 3) }), "digits").data)).toEqual([2, 3]);
  });

  test.each([
    { shape: [3], message: "does not match the 4 elements" },
    { shape: [-4], message: "-4 was given" },
    { shape: [2.5], message: "2.5 was given" },
    { shape: [2 ** 32], message: "4294967296 was given" },
    { shape: new Array(256).fill(1), message: "it is 256" },
  ])("refuse to encode four bytes as $message", ({ shape, message }) => {
    expect(() => encodeIdx({ shape, data: Uint8Array.of(1, 2, 3, 4) })).toThrow(message);
  });

  test("refuse to encode an array that the format does not know", () => {
    const data = new BigInt64Array(1) as unknown as IdxData;
    expect(() => encodeIdx({ shape: [1], data })).toThrow(UserError);
  });
});

describe("a damaged IDX file", () => {
  test("cut at any byte is refused", async () => {
    await fc.assert(
      fc.asyncProperty(anyArray, async (array) => {
        const bytes = encodeIdx(array);
        for (let end = 0; end < bytes.length; end++) {
          expect(await outcome(bytes.subarray(0, end))).toMatch(/^idx: digits ends after \d+ bytes, /);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("with bytes after its end is refused", async () => {
    const longer = new Uint8Array(labels.length + 1);
    longer.set(labels);
    expect(await outcome(longer)).toBe("idx: digits goes on after the 18 bytes that its header promises");
  });

  test("with any value in any header byte is a consistent array or refused", async () => {
    const files = [
      labels,
      encodeIdx({ shape: [2, 2, 2], data: new Float32Array(8) }),
      encodeIdx({ shape: [0, 3], data: new Float64Array(0) }),
      encodeIdx({ shape: [], data: Int16Array.of(7) }),
    ];
    for (const file of files) {
      const header = 4 + 4 * file[3]!;
      for (let at = 0; at < header; at++) {
        for (let value = 0; value < 256; value++) {
          const damaged = file.slice();
          damaged[at] = value;
          const result = await outcome(damaged);
          if (typeof result === "string") continue;
          // An expectation for each of these 14,000 files would take seconds.
          const consistent = result.data.length === result.shape.reduce((count, size) => count * size, 1);
          if (!consistent || Buffer.compare(encodeIdx(result), damaged) !== 0) {
            expect.fail(`byte ${at} = ${value}: ${result.type} [${result.shape.join(", ")}]`);
          }
        }
      }
    }
  });

  test("with a size of 0 is empty, however large the product of the others", async () => {
    const sizes = new Array(254).fill([255, 255, 255, 255]).flat();
    const result = await outcome(Uint8Array.of(0, 0, 0x0e, 255, ...sizes, 0, 0, 0, 0));
    expect(result).toMatchObject({ type: "float64", data: new Float64Array(0) });
  });

  test("of random bytes is a consistent array or refused", async () => {
    const start = fc.tuple(fc.constantFrom(8, 9, 11, 12, 13, 14), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 1100 }), async ([code, rank], rest) => {
        const result = await outcome(Uint8Array.of(0, 0, code, rank, ...rest));
        if (typeof result !== "string") expect(result.data.length).toBe(result.shape.reduce((a, b) => a * b, 1));
      }),
    );
  });

  test.each([
    { bytes: [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], message: "more than any file" },
    { bytes: [0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0], message: "ends after 12 bytes, its header promises 4294967308" },
    { bytes: [0, 0, 0x0e, 255, ...new Array(1020).fill(255)], message: "4294967295×…" },
    { bytes: [0, 0, 10, 1, 0, 0, 0, 0], message: "type code 0x0a, the format knows 0x08 (uint8)" },
    { bytes: [80, 75, 3, 4], message: "it begins with 0x50 0x4b" },
    { bytes: [0, 7, 8, 1, 0, 0, 0, 0], message: "it begins with 0x00 0x07" },
    { bytes: [], message: "ends after 0 bytes" },
  ])("is refused with a reason: $message", async ({ bytes, message }) => {
    expect(await outcome(Uint8Array.from(bytes))).toContain(message);
  });
});

describe("a gzip-compressed IDX file", () => {
  const file = encodeIdx({ shape: [6, 5, 5], data: Uint8Array.from({ length: 150 }, (_, i) => (i * i) % 251) });
  const zipped = new Uint8Array(gzipSync(file));

  test("cut at any byte is refused", async () => {
    for (let end = 0; end < zipped.length; end++) {
      expect(await outcome(zipped.subarray(0, end))).toMatch(/digits/);
    }
  });

  test("with any byte damaged decodes to the same array or is refused", async () => {
    let refused = 0;
    for (let at = 0; at < zipped.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = zipped.slice();
        damaged[at]! ^= flip;
        const result = await outcome(damaged);
        if (typeof result === "string") refused++;
        else expect(encodeIdx(result)).toEqual(file);
      }
    }
    // Only the time stamp, the operating system and a flag or two may change without harm.
    expect(refused).toBeGreaterThan(3 * (zipped.length - 10));
  });

  test("with bytes after its end is refused, unless they are zeros", async () => {
    for (const tail of [
      [1, 2, 3],
      [0x1f, 0x8b, 8, 0],
      [0, 0, 0, 1],
    ]) {
      expect(await outcome(Uint8Array.of(...zipped, ...tail))).toMatch(/^gzip: digits is corrupt: /);
    }
    for (const count of [1, 100]) {
      expect(encodeIdx(await readIdx(Uint8Array.of(...zipped, ...new Array(count).fill(0)), "digits"))).toEqual(file);
    }
  });

  test("of several members is one array", async () => {
    const members = [file.subarray(0, 3), new Uint8Array(0), file.subarray(3, 90), file.subarray(90)];
    const array = await readIdx(Buffer.concat(members.map((part) => gzipSync(part))), "digits");
    expect(encodeIdx(array)).toEqual(file);
  });

  test("whose header promises more than its bytes can hold is refused before memory is taken", async () => {
    const head = [0, 0, 8, 2, 0x80, 0, 0, 0, 0, 0x10, 0, 0];
    const lying = gzipSync(Uint8Array.of(...head, ...new Array(5000).fill(0)));
    expect(await outcome(lying)).toMatch(
      /^idx: the header of digits promises 2251799813685260 bytes, the \d+ compressed bytes that it has hold fewer$/,
    );
  });

  test("that inflates to more than its header promises is stopped", async () => {
    const bomb = new Uint8Array(5_000_000);
    bomb.set(labels);
    const zippedBomb = gzipSync(bomb);
    // Cut in the middle: only a reader that never gets there can miss the cut.
    const half = zippedBomb.subarray(0, zippedBomb.length / 2);
    expect(await outcome(half)).toBe("idx: digits goes on after the 18 bytes that its header promises");
  });

  test("that holds a truncated IDX file is refused", async () => {
    expect(await outcome(gzipSync(file.subarray(0, 100)))).toBe(
      "idx: digits ends after 100 bytes, its header promises 166",
    );
  });

  test("larger than the chunks of the platform decodes to the same array", async () => {
    const large = encodeIdx({ shape: [300, 301], data: new Uint8Array(300 * 301).map((_, i) => (i * 7919) % 256) });
    expect(Buffer.compare(encodeIdx(await readIdx(gzipSync(large), "digits")), large)).toBe(0);
  });
});
