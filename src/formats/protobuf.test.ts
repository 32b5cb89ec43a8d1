import { expect, test } from "vitest";
import { bytes, double, doubles, float, int, ints, joined, text } from "./protobuf.ts";

const hex = (message: Uint8Array) => Buffer.from(message).toString("hex");

test("fields are those of the encoding's own pages", () => {
  expect(hex(int(1, 150))).toBe("089601");
  expect(hex(text(2, "testing"))).toBe("120774657374696e67");
  expect(hex(bytes(3, int(1, 150)))).toBe("1a03089601");
  expect(hex(ints(6, [3, 270, 86942]))).toBe("3206038e029ea705");
});

test("numbers of all kinds", () => {
  expect(hex(int(1, -2))).toBe("08feffffffffffffffff01");
  expect(hex(int(1, 2n ** 63n - 1n))).toBe("08ffffffffffffffff7f");
  expect(hex(int(1, 0))).toBe("0800");
  expect(hex(float(1, -1.5))).toBe("0d0000c0bf");
  expect(hex(double(1, 0.1))).toBe("099a9999999999b93f");
  expect(hex(doubles(5, [1, -2]))).toBe("2a10000000000000f03f00000000000000c0");
  expect(hex(int(16, 1))).toBe("800101");
  expect(hex(text(1, "é"))).toBe("0a02c3a9");
  expect(hex(joined([int(1, 1), int(2, 2)]))).toBe("08011002");
  expect(hex(joined([]))).toBe("");
});

test("a field's number is checked", () => {
  for (const field of [0, -1, 1.5, Number.NaN, 2 ** 29]) expect(() => int(field, 1)).toThrow(`received ${field}`);
});
