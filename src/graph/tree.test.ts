import { describe, expect, test } from "vitest";
import { leaves, mapTree, rebuilder, type Tree, zipTrees } from "./tree.ts";

const tree: Tree<number> = { layers: [{ weight: 1, bias: 2 }, { weight: 3 }], rate: 4 };

describe("leaves", () => {
  test("come with their paths, objects by sorted key", () => {
    expect(leaves(tree)).toEqual([
      { path: "layers.0.bias", value: 2 },
      { path: "layers.0.weight", value: 1 },
      { path: "layers.1.weight", value: 3 },
      { path: "rate", value: 4 },
    ]);
    expect(leaves(5)).toEqual([{ path: "", value: 5 }]);
    expect(leaves({ a: [], b: {} })).toEqual([]);
  });

  test("are whatever is not a plain object or an array", () => {
    const date = new Date(0);
    expect(leaves<Date | null>([date, null])).toEqual([
      { path: "0", value: date },
      { path: "1", value: null },
    ]);
  });
});

test("rebuilder puts other leaves in the tree's form, its keys in their own order", () => {
  const form: Tree<number> = { z: [1, { y: 2 }], a: 3, none: {} };
  const rebuilt = rebuilder(form)(leaves(form).map(({ path }) => path));
  expect(rebuilt).toEqual({ z: ["z.0", { y: "z.1.y" }], a: "a", none: {} });
  expect(Object.keys(rebuilt)).toEqual(["z", "a", "none"]);
  expect(rebuilder(7)(["leaf"])).toBe("leaf");
});

test("mapTree keeps the form and tells the path", () => {
  expect(mapTree(tree, (x, path) => `${path}=${x}`)).toEqual({
    layers: [{ weight: "layers.0.weight=1", bias: "layers.0.bias=2" }, { weight: "layers.1.weight=3" }],
    rate: "rate=4",
  });
});

describe("zipTrees", () => {
  test("joins leaves at one path, whatever the order of keys", () => {
    expect(zipTrees({ a: 1, b: [2] }, { b: [20], a: 10 }, (x, y) => x + y)).toEqual({ a: 11, b: [22] });
  });

  test("names the path at which two trees differ", () => {
    expect(() => zipTrees({ a: 1, b: 2 }, { a: 1 }, () => 0)).toThrow("the second tree has no leaf at b");
    expect(() => zipTrees([1], [1, 2], () => 0)).toThrow("the first tree has no leaf at 1");
    expect(() => zipTrees(1, [1], () => 0)).toThrow("the second tree has no leaf at its root");
  });
});
