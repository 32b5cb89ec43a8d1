import { constants, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { philoxWords } from "../random/philox.ts";
import { crc32 } from "./crc32.ts";
import { gunzip } from "./gzip.ts";

/** What a file holds, or the message of the UserError that it is refused with. */
function outcome(bytes: Uint8Array, room = 1_000_000): Uint8Array | string {
  const out = new Uint8Array(room);
  try {
    const { filled, more } = gunzip(bytes, "f.gz", out);
    return more ? "more" : out.subarray(0, filled);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const words = philoxWords([1, 2], 3);
const noise = Uint8Array.from({ length: 70_000 }, () => words());
const text = Buffer.from("a rose is a rose is a rose, ".repeat(9000));
const zipped = new Uint8Array(gzipSync(text));

/** A member with fields in its header: RFC 1952, section 2.3. */
function withFields(flags: number, fields: readonly number[], member = zipped): Uint8Array {
  const head = [...member.subarray(0, 3), flags, ...member.subarray(4, 10), ...fields];
  const checksum = crc32(Uint8Array.from(head)) & 0xffff;
  return Uint8Array.of(...head, ...(flags & 2 ? [checksum & 255, checksum >> 8] : []), ...member.subarray(10));
}

describe("gunzip", () => {
  test.each([
    ["nothing", new Uint8Array(0)],
    ["one byte", Uint8Array.of(7)],
    ["repetitions, which overlap themselves", new Uint8Array(100_000).fill(9)],
    ["text", text],
    ["noise, which is stored", noise],
    ["noise of few values, with codes of many lengths", noise.map((byte) => Math.clz32(byte ** 4))],
    ["matches as far back as they go", Uint8Array.from({ length: 66_000 }, (_, i) => noise[i % 32_768]!)],
  ])("gives back %s at every level and strategy", (_, bytes) => {
    for (const level of [0, 1, 6, 9])
      expect(Buffer.compare(outcome(gzipSync(bytes, { level })) as Uint8Array, bytes)).toBe(0);
    for (const strategy of [constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE]) {
      expect(Buffer.compare(outcome(gzipSync(bytes, { strategy })) as Uint8Array, bytes)).toBe(0);
    }
  });

  test("reads every field that a header can have", () => {
    const [extra, name, comment] = [
      [3, 0, 0, 31, 139],
      [102, 0],
      [104, 105, 0],
    ];
    for (const [flags, fields] of [
      [1, []],
      [4, extra],
      [8, name],
      [16, comment],
      [2, []],
      [31, [...extra, ...name, ...comment]],
    ] as const) {
      const file = withFields(flags, fields);
      expect(Buffer.compare(outcome(file) as Uint8Array, text)).toBe(0);
      expect(Buffer.compare(gunzipSync(file), text)).toBe(0);
    }
  });

  test("joins members, empty ones too, and ignores zeros at the end", () => {
    const members = [zipped, gzipSync(""), withFields(8, [102, 0]), gzipSync(noise, { level: 0 })];
    const whole = Buffer.concat([text, text, noise]);
    for (const padding of [0, 1, 511]) {
      const found = outcome(Buffer.concat([...members, new Uint8Array(padding)]));
      expect(Buffer.compare(found as Uint8Array, whole)).toBe(0);
    }
  });

  test("stops where there is no more room, and says so", () => {
    for (const room of [0, 1, 27, 28, text.length - 1]) {
      const out = new Uint8Array(room);
      expect(gunzip(zipped, "f.gz", out)).toEqual({ filled: room, more: true });
      expect(Buffer.compare(out, text.subarray(0, room))).toBe(0);
    }
    expect(gunzip(zipped, "f.gz", new Uint8Array(text.length))).toEqual({ filled: text.length, more: false });
    const two = Buffer.concat([zipped, zipped]);
    expect(gunzip(two, "f.gz", new Uint8Array(text.length + 1))).toEqual({ filled: text.length + 1, more: true });
    expect(gunzip(gzipSync(noise, { level: 0 }), "f.gz", new Uint8Array(99))).toEqual({ filled: 99, more: true });
  });
});

describe("gunzip refuses", () => {
  const changed = (at: number, value: number): Uint8Array => {
    const copy = zipped.slice();
    copy.fill(value, at < 0 ? copy.length + at : at, at < 0 ? copy.length + at + 1 : at + 1);
    return copy;
  };
  /** A member whose deflated data are these bytes. */
  const deflated = (...bytes: number[]): Uint8Array => Uint8Array.of(...zipped.subarray(0, 10), ...bytes);

  test.each<[string, Uint8Array, string]>([
    ["another file", Buffer.from("PK and more"), "it doesn't begin with gzip's magic number"],
    ["a method other than deflate", changed(2, 7), "its compression method must be 8 (deflate), it is 7"],
    ["reserved flags", changed(3, 0x20), "its flags 0x20 have bits that the format reserves"],
    ["a header cut short", zipped.subarray(0, 9), "it ends within its header"],
    ["an extra field cut short", withFields(4, [255, 255]).subarray(0, 300), "it ends within its header"],
    ["a name without an end", withFields(8, [102, 102]).subarray(0, 12), "it ends within its header"],
    ["data cut short", zipped.subarray(0, 200), "it ends within its compressed data"],
    ["an end cut short", zipped.subarray(0, -1), "it ends within the checksum and length at its end"],
    ["a wrong checksum", changed(-8, 0x11), "its checksum is 0x"],
    [
      "a wrong length",
      changed(-1, 0x11),
      `it says that it holds ${text.length + 0x11 * 2 ** 24} bytes, it holds ${text.length}`,
    ],
    ["a block of type 3", deflated(7), "a block has an unknown type"],
    ["a stored block of wrong length", deflated(1, 2, 0, 2, 0), "the length of a stored block is damaged"],
    ["a stored block cut short", deflated(1, 2, 0, 253, 255, 9), "it ends within its compressed data"],
    // Fixed codes: length 3 (0000001), distance 1 (00000), as the first thing in the block.
    [
      "a match before the beginning",
      deflated(0b00000011, 0b00000010, 0, 0),
      "a match reaches back before the beginning",
    ],
    ["text after the end", Buffer.concat([zipped, Buffer.from("PK")]), `2 bytes after its end (byte ${zipped.length})`],
    ["text after zeros", Buffer.concat([zipped, new Uint8Array(9), Buffer.from("PK")]), "11 bytes after its end"],
    [
      "a second member that is damaged",
      Buffer.concat([zipped, changed(2, 0)]),
      `it is 0; this is its member 2, which begins at byte ${zipped.length}`,
    ],
    ["a match into the member before", Buffer.concat([zipped, deflated(3, 2, 0, 0)]), "a match reaches back before"],
  ])("%s", (_, bytes, message) => {
    expect(outcome(bytes)).toContain(message);
    expect(outcome(bytes)).toMatch(/^gzip: f\.gz is corrupt: /);
  });

  test("a wrong checksum of the header", () => {
    const file = withFields(2, []);
    file[10]! ^= 1;
    expect(outcome(file)).toContain("the checksum of its header is 0x");
  });

  test("every damage that zlib refuses, and reads what zlib reads", () => {
    const small = new Uint8Array(gzipSync(Uint8Array.from({ length: 600 }, (_, i) => Math.clz32(noise[i]! ** 4))));
    for (let at = 0; at < small.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = small.slice();
        damaged[at]! ^= 1 << bit;
        let expected: Uint8Array | undefined;
        try {
          expected = gunzipSync(damaged);
        } catch {}
        const found = outcome(damaged, 10_000);
        const agree =
          typeof found === "string" ? expected === undefined : expected && Buffer.compare(found, expected) === 0;
        if (!agree) expect.fail(`bit ${bit} of byte ${at}: zlib ${expected ? "reads" : "refuses"} it`);
      }
    }
  });
});
