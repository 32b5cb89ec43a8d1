import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, crc32c } from "./crc32.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("crc32 gives the published check values", () => {
  expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
  expect(crc32(bytes("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
  expect(crc32()).toBe(0);
});

test("crc32c gives the check values of RFC 3720", () => {
  const run = (of: (i: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => of(i));
  expect(crc32c(bytes("123456789"))).toBe(0xe3069283);
  expect(crc32c(run(() => 0))).toBe(0x8a9136aa);
  expect(crc32c(run(() => 255))).toBe(0x62a8ab43);
  expect(crc32c(run((i) => i))).toBe(0x46dd794e);
  expect(crc32c(run((i) => 31 - i))).toBe(0x113fdb5c);
});

test("crc32 of pieces is that of the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (whole, at) => {
      const cut = at % (whole.length + 1);
      expect(crc32(whole.subarray(0, cut), whole.subarray(cut))).toBe(crc32(whole));
    }),
  );
});
