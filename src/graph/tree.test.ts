import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formOf, leaves, mapTree, pathOf, rebuilder, type Tree, visited, zipTrees } from "./tree.ts";

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
  const rebuilt = rebuilder(form)(visited(form).map(({ path }) => path));
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

/** An object with a key of its own that assignment would take for the prototype. */
const withProto = (value: unknown): Tree<number> => JSON.parse(`{"__proto__": ${value}}`);

const anyTree = fc.letrec<{ tree: Tree<number> }>((tie) => {
  const keys = fc.constantFrom("a", "b", "a.b", "", ".", '"a"', "0", "1", "__proto__", "a:1", "[", "constructor");
  return {
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 9 }),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc
        .uniqueArray(fc.tuple(keys, tie("tree")), { maxLength: 3, selector: ([key]) => key })
        .map((entries) => Object.fromEntries(entries)),
    ),
  };
}).tree;

/** JSON keeps branches, keys and their order apart, whatever the keys are called. */
const text = (tree: Tree<unknown>): string => JSON.stringify(tree);

describe("trees with keys of any name", () => {
  test("have a path of its own for each leaf", () => {
    expect(leaves({ "a.b": 1, a: { b: 2, "": 3 }, "": { "": 4 }, '"a': 5 }).map(({ path }) => path)).toEqual([
      '"".""',
      '"\\"a"',
      'a.""',
      "a.b",
      '"a.b"',
    ]);
    expect(pathOf("a.b", 0, "weight")).toBe('"a.b".0.weight');
    fc.assert(
      fc.property(anyTree, (tree) => {
        const paths = visited(tree).map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
      { seed: 1 },
    );
  });

  test("are mapped, rebuilt and zipped leaf by leaf, and lose none", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const [found, form] = [visited(tree), text(tree)];
        expect(text(mapTree(tree, (x) => x))).toBe(form);
        expect(text(rebuilder(tree)(found.map(({ value }) => value)))).toBe(form);
        expect(text(zipTrees(tree, tree, (_, b) => b))).toBe(form);
        expect(leaves(tree).map(({ path }) => path).sort()).toEqual(found.map(({ path }) => path).sort()); // biome-ignore format: one line
      }),
      { seed: 2 },
    );
    expect(Object.keys(mapTree(withProto(1), (x) => x) as object)).toEqual(["__proto__"]);
  });

  test("share a form only if they have the same branches and keys in the same order", () => {
    const form = (tree: Tree<number>): string => formOf(tree, () => "x");
    const blank = (tree: Tree<number>): string => text(mapTree(tree, () => 0));
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        expect(form(a) === form(b)).toBe(blank(a) === blank(b));
      }),
      { seed: 3, numRuns: 500 },
    );
    const alike: [Tree<number>, Tree<number>][] = [
      [{ a: 1, b: 2 }, { b: 2, a: 1 }],
      [[1, 2], { 0: 1, 1: 2 }],
      [{ a: 1, b: [] }, { a: 1 }],
      [{ "1:b=x,1:c": 1 }, { b: 1, c: 1 }],
      [[[1], 2], [[1, 2]]],
    ]; // biome-ignore format: pairs
    for (const [a, b] of alike) expect(form(a)).not.toBe(form(b));
  });
});

test("a hole of a sparse array is a leaf, undefined, and shifts no other", () => {
  const sparse: Tree<number>[] = [1];
  sparse[2] = 3;
  expect(leaves(sparse).map(({ path, value }) => [path, value])).toEqual([["0", 1], ["1", undefined], ["2", 3]]); // biome-ignore format: one line
  expect(rebuilder(sparse)(visited(sparse).map(({ path }) => path))).toEqual(["0", "1", "2"]);
});

test("plain objects of another realm are branches, inherited keys are no leaves, instances are leaves", () => {
  expect(leaves(runInNewContext("({ w: 1, layers: [{ b: 2 }] })")).map(({ path }) => path)).toEqual([
    "layers.0.b",
    "w",
  ]);
  const heir = Object.assign(Object.create({ inherited: 1 }), { own: 2 });
  expect(leaves(heir)).toEqual([{ path: "", value: heir }]);
});

test("zipTrees refuses an array beside an object with its indices as keys", () => {
  expect(() => zipTrees({ a: [1, 2] }, { a: { 0: 1, 1: 2 } }, () => 0)).toThrow(
    "tree: at a one tree has an array and the other an object: both must have the same",
  );
  expect(zipTrees({ a: 1, none: [] }, { a: 2 }, (x, y) => x + y)).toEqual({ a: 3, none: [] });
});
