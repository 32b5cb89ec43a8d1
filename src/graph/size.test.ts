import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { key } from "../random/index.ts";
import { arange, broadcastTo, constant, input, matmul, mean, NdArray, oneHot, pad, sum, zerosLike } from "./index.ts";
import { checkMemory, checkSize, MOST_ELEMENTS, memoryThere } from "./size.ts";

const LIMIT = "an array has at most 2,147,418,112 elements, these would be";

describe("a size", () => {
  test("is allowed up to the limit, and not one element beyond it", () => {
    for (const shape of [[MOST_ELEMENTS], [1, MOST_ELEMENTS / 2 ** 16, 2 ** 16], [], [0], [0, 5]])
      expect(() => checkSize("x", shape)).not.toThrow();
    for (const shape of [[MOST_ELEMENTS + 1], [MOST_ELEMENTS / 2 ** 16 + 1, 2 ** 16], [2 ** 31]])
      expect(() => checkSize("x", shape)).toThrow(LIMIT);
  });

  test.each([
    ["beyond 2^53", [2 ** 30, 2 ** 30, 2 ** 30], "1.2e+27"],
    ["without an element, whose axes are too long", [0, 3e9], "3,000,000,000"],
    ["that is no number", [Number.NaN], "NaN"],
    ["without end", [Number.POSITIVE_INFINITY], "Infinity"],
  ])("%s is refused", (_, shape, count) => {
    expect(() => checkSize("x: shape", shape)).toThrow(`x: shape [${shape.join(", ")}]: ${LIMIT} ${count}`);
  });
});

describe("no op gives an array that is too large", () => {
  const x = input("x", { shape: [1, 1], dtype: "float32" });
  const rows = input("rows", { shape: [65536, 2], dtype: "float32" });
  const many = broadcastTo(x, [1, 2e9]);
  test.each([
    ["uniform", () => mean(key(1).uniform([65536, 32768])), "uniform: [65536, 32768]"],
    ["normal", () => key(1).normal([2 ** 31]), "normal: [2147483648]"],
    ["broadcastTo", () => matmul(broadcastTo(x, [1, 3e9]), broadcastTo(x, [3e9, 1])), "broadcastTo: [1, 3000000000]"],
    [
      "matmul",
      () => matmul(rows, broadcastTo(x, [1, 1]).reshape([1, 1]).broadcastTo([2, 65536])),
      "matmul: [65536, 65536]",
    ],
    ["add", () => many.add(broadcastTo(x, [2, 1])), "add: [2, 2000000000]"],
    ["pad", () => pad(x, [0, 0], [0, 2 ** 31]), "pad: [1, 2147483649]"],
    ["oneHot", () => oneHot(input("labels", { shape: [4], dtype: "int32" }), 2 ** 31), "oneHot: [4, 2147483648]"],
    ["arange", () => arange(2 ** 31), "arange: [2147483648]"],
    ["a sum's gradient", () => sum(zerosLike(many).broadcastTo([2, 2e9])), "broadcastTo: [2, 2000000000]"],
  ])("%s", (name, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(LIMIT);
    if (name !== "oneHot" && name !== "arange") expect(make).toThrow(/size\.test\.ts/); // the user's line
  });

  test("as many elements as the limit are a tensor like any other", () => {
    expect(many.size).toBe(2e9);
    expect(constant(0).broadcastTo([MOST_ELEMENTS]).size).toBe(MOST_ELEMENTS);
  });

  test("nor is such an array made of numbers", () => {
    expect(() => NdArray.zeros([2 ** 16, 2 ** 15])).toThrow(`zeros: shape [65536, 32768]: ${LIMIT} 2,147,483,648`);
  });
});

describe("the memory there is", () => {
  test("is what the system still gives on Linux, and what the machine or its container has elsewhere", () => {
    const system = {
      availableMemory: () => 5,
      constrainedMemory: () => 7,
      getBuiltinModule: () => ({ totalmem: () => 9 }),
    };
    expect(memoryThere({ ...system, platform: "linux" })).toBe(5);
    expect(memoryThere({ ...system, platform: "darwin" })).toBe(7);
    expect(memoryThere({ ...system, platform: "darwin", constrainedMemory: () => 2 ** 64 })).toBe(9);
    expect(memoryThere({ ...system, platform: "win32", constrainedMemory: () => 0 })).toBe(9);
    expect(memoryThere({})).toBe(Number.POSITIVE_INFINITY);
  });

  test("refuses what is larger, with both sizes and what helps", () => {
    expect(() => checkMemory("model: the weights", 2 ** 60, "take fewer units")).toThrow(UserError);
    expect(() => checkMemory("model: the weights", 2 ** 60, "take fewer units")).toThrow(
      /^model: the weights need 1,073,741,824 GiB of memory, this machine has [\d.]+ GiB free: take fewer units$/,
    );
    expect(() => checkMemory("model: the weights", 2 ** 28)).not.toThrow();
  });
});
