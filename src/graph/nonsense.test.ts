import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { key as makeKey } from "../random/index.ts";
import { KIND } from "../rules.ts";
import * as ops from "./index.ts";
import { ints } from "./testing/run.ts";

const { array, constant, NdArray } = ops;
const of = (...shape: number[]): ops.Tensor => constant(NdArray.zeros(shape));
const open = ops.routing(of(2, 3));
const draw = ints([1, 2]);

/** What stands at a position of an op's arguments; each kind has nonsense of its own. */
type Kind = keyof typeof nonsense;

const holes = [1, 2, 3];
delete holes[1];
const never = [null, "a", true, 1n, Symbol("s"), () => 1, new Map(), Promise.resolve(1), new Uint8Array(2)];
const objects = [{}, { shape: [2], dtype: "float32" }];
const foreign = { [KIND]: "tensor", shape: [2], dtype: "float32" };
const lists = [[], [1, 2], [[1]]];
const numbers = [Number.NaN, 0.5, -1, Infinity];
const badLists = [holes, ["a"], [null], [Number.NaN], [0.5], [-9], [[0]]];

const wrongWindows = [
  ...[null, 3, "a", true, { strides: 2 }, { stride: 0 }, { stride: "2" }, { stride: [1] }, { stride: null }],
  ...[{ dilation: 1.5 }, { dilation: [0, 1] }, { padding: "full" }, { padding: -1 }, { padding: null }],
  ...[{ padding: [1, 2, 3] }, { padding: [[1, 2], [3]] }, { padding: Number.NaN }], // biome-ignore format: one line
];
const wrongGates = [
  ...[null, 1, of(1, 1), { rows: of(1, 1) }, { features: null }, { features: array([1]) }],
  ...[{ features: of(1, 2) }, { channels: of(1, 3) }, { channels: of(2, 1) }, { features: of(3) }],
].map((open) => ({ open })); // biome-ignore format: rows
const nonsense = {
  tensor: [undefined, ...never, ...objects, ...lists, foreign, 2, array([1, 2])],
  tensorOrNumber: [undefined, ...never, ...objects, ...lists, foreign],
  tensors: [undefined, ...never, ...objects, foreign, 2, of(2, 3), [], [undefined], [of(2, 3), 1], Array(2)],
  inputs: [undefined, ...never, ...objects, foreign, 2, [undefined], [1], Array(2)],
  axis: [...never, ...objects, ...lists, 0.5, Number.NaN, 9, -9, Infinity],
  axes: [...never, ...objects, 0.5, Number.NaN, 9, -9, Infinity, [0, 0], ...badLists],
  order: [...never, ...objects, ...numbers, 1, [0, 0], [0], ...badLists],
  shape: [undefined, ...never, ...objects, ...numbers, 6, ...badLists],
  ends: [...never, ...objects, 0.5, Number.NaN, 9, ["a"], [null], [0.5], [0, 0, 0]],
  whole: [undefined, ...never, ...objects, ...lists, ...numbers, "3"],
  dtype: [...never, ...objects, ...numbers, "float16", "", ["float32"]],
  reduceOptions: [null, 3, "a", true, { keep: 1 }, { keep: null }, { kept: true }],
  drawOptions: [null, 3, "a", true, { dtype: "int32" }, { dtype: null }, { dtyp: "float32" }],
  function: [undefined, null, 1, "a", {}],
  routing: [undefined, ...never, ...objects, 2, of(2), { ...open, plan: of(2) }, { ...open, batch: 3 }],
  table: [undefined, null, "gate", 1, {}],
  scalars: [undefined, ...never, ...objects, foreign, [1, 2], of(2), Array(2)],
  spec: [undefined, ...never, {}, 2, { shape: [-1], dtype: "float32" }, { shape: [1], dtype: "f" }, { shape: [0.5] }],
  name: [undefined, null, 1, {}],
  convOptions: [...wrongWindows, { dilation: 9 }, { groups: 0 }, { groups: null }, { groups: 5 }, ...wrongGates],
  transposedOptions: [
    ...wrongWindows,
    { groups: -1 },
    ...wrongGates,
    { output: 0 },
    { output: [9, 9] },
    { output: "6" },
    { padding: 3 },
  ],
  sequenceOptions: [...wrongWindows, { stride: [1, 2] }, { padding: [[1, 1], [1, 1]] }], // biome-ignore format: one line
  windowOptions: [...wrongWindows, { groups: 2 }],
  windowSize: [undefined, ...never, ...objects, ...numbers, 0, 9, [1], [1, 2, 3], ["a", 1]],
} as const;

type Call = readonly [kind: Kind, argument: unknown][];
const tensors: Call = [["tensor", of(2, 3)]];
const likes: Call = [["tensorOrNumber", of(2, 3)]];
const pair: Call = [...likes, ["tensorOrNumber", of(2, 3)]];
const reduction: Call = [...tensors, ["axes", 0], ["reduceOptions", {}]];
const alongAxis: Call = [...tensors, ["axis", 0]];
const weights: Call = [["tensor", of(3, 2, 4)], ["routing", open]]; // biome-ignore format: one line

/** Arguments that are right, for every function of the graph that makes tensors. */
const right: Record<string, Call> = {
  ...Object.fromEntries(["add", "sub", "mul", "div", "maximum", "minimum"].map((name) => [name, pair])),
  ...Object.fromEntries(
    ["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"].map((name) => [name, pair]),
  ),
  ...Object.fromEntries(["abs", "neg", "sign", "exp", "log", "log1p", "sqrt", "square"].map((name) => [name, likes])),
  ...Object.fromEntries(
    ["reciprocal", "sin", "cos", "sigmoid", "tanh", "softplus", "rectifier", "floor"].map((name) => [name, likes]),
  ),
  ...Object.fromEntries(["alias", "barrier", "stopGradient", "zerosLike"].map((name) => [name, tensors])),
  ...Object.fromEntries(["sum", "mean", "variance", "max", "min"].map((name) => [name, reduction])),
  ...Object.fromEntries(["argmax", "softmax", "logSoftmax", "expandDims"].map((name) => [name, alongAxis])),
  clip: [...pair, ["tensorOrNumber", 1]],
  where: [["tensor", of(2, 3)], ...pair],
  matmul: [...tensors, ["tensor", of(3, 2)]],
  sparseMatmul: [...tensors, ["tensor", of(3, 2)]],
  outer: [["tensor", of(2)], ...tensors],
  bernoulliNll: [...tensors, ...tensors],
  crossEntropy: [...tensors, ["tensor", ints([0, 1])]],
  attachGradient: [["tensor", of(2)], ...tensors, ...tensors],
  copyGradient: [...tensors, ...tensors],
  customGradient: [...tensors, ["inputs", [of(2)]], ["function", () => []]],
  kthLargest: [...tensors, ["whole", 1]],
  topK: [...tensors, ["whole", 1]],
  largest: [...tensors, ["whole", 1]],
  concat: [["tensors", [of(2, 3), of(2, 3)]], ["axis", 0]], // biome-ignore format: one line
  stack: [["tensors", [of(2, 3), of(2, 3)]], ["axis", 0]], // biome-ignore format: one line
  reshape: [...tensors, ["shape", [6]]],
  broadcastTo: [...tensors, ["shape", [2, 3]]],
  sumTo: [...tensors, ["shape", [1, 3]]],
  transpose: [...tensors, ["order", [1, 0]]],
  slice: [...tensors, ["ends", 0], ["ends", 1]],
  pad: [...tensors, ["shape", [0, 1]], ["shape", [0, 1]]],
  cast: [...tensors, ["dtype", "int32"]],
  gather: [...tensors, ["tensor", ints([0])]],
  scatterAdd: [["tensor", of(1, 3)], ["tensor", ints([0])], ["whole", 2]], // biome-ignore format: one line
  oneHot: [["tensor", ints([0])], ["whole", 2], ["dtype", "float32"]], // biome-ignore format: one line
  arange: [["whole", 3], ["dtype", "int32"]], // biome-ignore format: one line
  uniform: [["tensor", draw], ["shape", [2]], ["drawOptions", {}]], // biome-ignore format: one line
  normal: [["tensor", draw], ["shape", [2]], ["drawOptions", {}]], // biome-ignore format: one line
  foldKey: [["tensor", draw], ["tensor", ints(1)]], // biome-ignore format: one line
  routing: [...tensors, ["reduceOptions", {}]],
  toBlocks: [["tensor", of(2, 4)], ...weights],
  fromBlocks: [["tensor", of(6, 2)], ...weights],
  blocksGradient: [["tensor", of(2, 4)], ["tensor", of(6, 2)], ["routing", open]], // biome-ignore format: one line
  toPairs: [["tensor", of(2, 3, 1)], ["routing", open], ["table", "gates"]], // biome-ignore format: one line
  fromPairs: [["tensor", of(6, 1)], ["routing", open], ["table", "gates"]], // biome-ignore format: one line
  conv1d: [["tensor", of(1, 5, 2)], ["tensor", of(3, 2, 3)], ["sequenceOptions", {}]], // biome-ignore format: one line
  conv2d: [["tensor", of(1, 4, 4, 2)], ["tensor", of(3, 3, 2, 3)], ["convOptions", {}]], // biome-ignore format: one line
  conv2dTranspose: [["tensor", of(1, 4, 4, 3)], ["tensor", of(3, 3, 2, 3)], ["transposedOptions", {}]], // biome-ignore format: one line
  maxPool: [["tensor", of(1, 4, 4, 2)], ["windowSize", 2], ["windowOptions", {}]], // biome-ignore format: one line
  avgPool: [["tensor", of(1, 4, 4, 2)], ["windowSize", 2], ["windowOptions", {}]], // biome-ignore format: one line
  constant: [["scalars", 1], ["dtype", "float32"]], // biome-ignore format: one line
  input: [["name", "x"], ["spec", { shape: [1], dtype: "float32" }]], // biome-ignore format: one line
};

/** Functions of the graph that make no tensor, or take functions: tested elsewhere. */
const others =
  "ancestors applications apply applyMulti array dependencies evaluate grad gradients isFloat isMulti isOp leaves mapTree needed openPart pathOf recompute sameShape scan shapeError showShape showSpec sizeOf userCall valueAndGrad zipTrees";

test("every function of the graph is in the table", () => {
  const isFunction = ([, f]: [string, unknown]) => typeof f === "function" && !/^class/.test(String(f));
  const names = Object.entries(ops).filter(isFunction).map(([name]) => name); // biome-ignore format: one line
  expect(names.sort()).toEqual([...Object.keys(right), ...others.split(" ")].sort());
});

/** What a call does that must be refused, or nothing where it is, with the op's name and the line of this file. */
function complaint(op: string, call: () => unknown): string | undefined {
  try {
    const result = call();
    return `gave ${result}`;
  } catch (error) {
    if (!(error instanceof UserError)) return `threw ${error}`;
    const [message, line = ""] = error.message.split("\n");
    if (!message!.startsWith(`${op}: `) || !/received /.test(message!)) return `said ${message}`;
    return /nonsense\.test\.ts/.test(line) ? undefined : `named no line of the user in ${error.message}`;
  }
}

describe.each(Object.entries(right))("%s", (name, call) => {
  const f = (ops as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
  const values = call.map(([, argument]) => argument);

  test("takes what is right", () => {
    expect(f(...values)).toBeDefined();
  });

  test.each(call.map(([kind], at) => [at, kind] as const))("refuses nonsense at argument %d, %s", (at, kind) => {
    const complaints = nonsense[kind].map((wrong) => complaint(name, () => f(...values.with(at, wrong))));
    expect(complaints.filter(Boolean)).toEqual([]);
  });
});

describe("a key's draws", () => {
  const key = makeKey(1);
  test.each(["uniform", "normal", "logistic"] as const)("%s refuses nonsense", (name) => {
    const draw = key[name] as (...args: unknown[]) => unknown;
    const complaints = [
      ...nonsense.shape.map((wrong) => complaint(name, () => draw(wrong))),
      ...nonsense.drawOptions.map((wrong) => complaint(name, () => draw([2], wrong))),
    ];
    expect(complaints.filter(Boolean)).toEqual([]);
  });

  test("bernoulli refuses what is no tensor of probabilities", () => {
    const complaints = [...nonsense.tensor, ints([1])].map((wrong) =>
      complaint("bernoulli", () => key.bernoulli(wrong as never)),
    );
    expect(complaints.filter(Boolean)).toEqual([]);
  });
});
