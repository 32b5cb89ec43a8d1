import type { Attribute } from "../../formats/onnx.ts";
import { isOp, reshape, slice, type Tensor, transpose } from "../../graph/index.ts";
import { gatesAmong } from "../../graph/open-channels.ts";
import { conv2dOp } from "../../graph/ops/conv2d.ts";
import type { PairTable } from "../../graph/pair-space.ts";
import type { OnnxBuilder, Writer } from "./onnx-graph.ts";
import { inputsOf } from "./traced.ts";

/**
 * Pair space in ONNX. NonZero lists the pairs of a block and an example whose gate isn't 0, ordered by block, so what lies in pair space has as many rows
 * as there are open gates. Rows of one block lie together: Split hands each block its rows, none where it is closed for all, and a product of no rows costs
 * no more than its call. A block's weights are a constant of the file, which runtimes lay out for their kernels when they load it. The alternatives cost
 * more: gathering the weights of open blocks copies them for each example, and `If` around a block decides for a batch, not for an example.
 */

/** Gates → int64 [2, P]: each pair's block and its example. */
export const routing: Writer = (x, to) => {
  const gates = to.value(x.inputs[0]!);
  const open = to.node("Not", [to.node("Equal", [gates, to.number(0)])]);
  const pairs = to.node("NonZero", [to.node("Transpose", [open], { perm: [1, 0] })]);
  to.once(`counts of ${pairs}`, () => to.node("ReduceSum", [to.cast(open, "int64"), to.array([0])], { keepdims: 0 }));
  return pairs;
};

/** Of a list of pairs: blocks int64 [P], examples int64 [P], both int64 [P, 2] with examples first, and open examples of each block int64 [K]. */
function partsOf(plan: Tensor, to: OnnxBuilder) {
  const pairs = to.value(plan);
  const once = (what: string, make: () => string) => to.once(`${what} of ${pairs}`, make);
  return {
    blocks: () => once("blocks", () => to.node("Gather", [pairs, to.array(0)])),
    examples: () => once("examples", () => to.node("Gather", [pairs, to.array(1)])),
    both: () =>
      once("both", () => to.node("Transpose", [to.node("Gather", [pairs, to.array([1, 0])])], { perm: [1, 0] })),
    counts: () =>
      once("counts", () => {
        throw new Error("the pairs of another graph");
      }),
    count: () => once("count", () => to.node("Shape", [pairs], { start: 1, end: 2 })),
  };
}

/** Ops whose results don't lie in pair space, whatever they read. */
const outside = new Set(["fromBlocks", "fromPairs", "routing", "scan"]);

/** The number of pairs of what lies in pair space, int64 [1], and gates of an example; undefined of what lies elsewhere. */
export function pairsOf(given: Tensor): ((to: OnnxBuilder) => [unit: string, per: number]) | undefined {
  const seen = new Set([given]);
  for (const x of seen) {
    if (x.op.name === "toBlocks" || x.op.name === "toPairs") {
      const { blocks } = x.attrs as { blocks: number };
      return (to) => [partsOf(x.inputs.at(-1)!, to).count(), blocks];
    }
    if (!outside.has(x.op.name)) for (const input of inputsOf(x)) seen.add(input);
  }
  return undefined;
}

/** Each block's rows by its weights. */
function byBlock(rows: string, m: Tensor, turn: boolean, plan: Tensor, to: OnnxBuilder): string {
  const [blocks, units, depth] = m.shape as readonly [number, number, number];
  const weights = (k: number): string => {
    const own = reshape(slice(m, k, k + 1), [units, depth]);
    return to.value(turn ? transpose(own) : own);
  };
  const parts = blocks === 1 ? [rows] : to.nodes("Split", [rows, partsOf(plan, to).counts()], blocks, { axis: 0 });
  const products = parts.map((part, k) => to.node("MatMul", [part, weights(k)]));
  return blocks === 1 ? products[0]! : to.node("Concat", products, { axis: 0 });
}

export const toBlocks: Writer = (x, to) => {
  const [examples, m, plan] = x.inputs as [Tensor, Tensor, Tensor];
  return byBlock(to.node("Gather", [to.value(examples), partsOf(plan, to).examples()]), m, true, plan, to);
};

const zeros = (x: Tensor, to: OnnxBuilder): string => to.node("Expand", [to.number(0), to.shape(x)]);

export const fromBlocks: Writer = (x, to) => {
  const [pairs, m, plan] = x.inputs as [Tensor, Tensor, Tensor];
  const products = byBlock(to.value(pairs), m, false, plan, to);
  const examples = to.node("Unsqueeze", [partsOf(plan, to).examples(), to.array([1])]);
  return to.node("ScatterND", [zeros(x, to), examples, products], { reduction: "add" });
};

const tableOf = (x: Tensor): PairTable => (x.attrs as { table: PairTable }).table;

export const toPairs: Writer = (x, to) => {
  const [table, plan] = x.inputs as [Tensor, Tensor];
  const { blocks, both } = partsOf(plan, to);
  return tableOf(x) === "blocks"
    ? to.node("Gather", [to.value(table), blocks()])
    : to.node("GatherND", [to.value(table), both()]);
};

export const fromPairs: Writer = (x, to) => {
  const [pairs, plan] = x.inputs as [Tensor, Tensor];
  const { blocks, both } = partsOf(plan, to);
  const index = tableOf(x) === "gates" ? both() : to.node("Unsqueeze", [blocks(), to.array([1])]);
  return to.node("ScatterND", [zeros(x, to), index, to.value(pairs)], { reduction: "add" });
};

/**
 * A convolution behind gates. A Scan takes the images one by one: of each only open channels are read, by the weights of open features alone, and where
 * there are none, an If leaves the convolution out.
 * @param images [B, channels, rows, columns]
 * @param weights [features, channels, rows, columns]
 */
export function openConv(
  x: Tensor,
  to: OnnxBuilder,
  images: string,
  weights: string,
  attributes: { readonly [name: string]: Attribute },
): string {
  if (!isOp(x, conv2dOp)) throw new Error("not a convolution");
  const { window, open } = x.attrs;
  const [channels, features] = [x.inputs[0]!.shape[3]!, x.shape[3]!];
  const places = [features, ...window.output];
  const step = to.inner();
  const [image, ...gates] = ["image", ...(open ?? [])].map((what) => step.fresh(what));
  const sides = gatesAmong([x, x, ...gates.map((name) => name)] as string[], open);
  const given = gatesAmong(x.inputs, open);
  const numbers = (side: "features" | "channels", n: number): string | undefined =>
    sides[side] && openNumbers(step, sides[side], given[side]!.shape[1]!, n);
  const [listed, read] = [numbers("features", features), numbers("channels", channels)];
  const within = step.inner();
  const ofFeatures = listed ? within.node("Gather", [weights, listed], { axis: 0 }) : weights;
  const ofBoth = read ? within.node("Gather", [ofFeatures, read], { axis: 1 }) : ofFeatures;
  const part = read ? within.node("Gather", [image!, read], { axis: 0 }) : image!;
  const y = within.node("Conv", [within.node("Unsqueeze", [part, within.array([0])]), ofBoth], attributes);
  const found = within.node("Squeeze", [y, within.array([0])]);
  const nothing = (graph: OnnxBuilder) => graph.node("Expand", [graph.number(0), graph.array(places)]);
  const whole = listed
    ? within.node("ScatterND", [nothing(within), within.node("Unsqueeze", [listed, within.array([1])]), found])
    : within.node("Identity", [found]);
  const otherwise = step.inner();
  const none = nothing(otherwise);
  const value = (name: string) => ({ name, type: "float32", shape: places }) as const;
  const sizes = [listed, read].filter((name) => name !== undefined).map((name) => step.node("Size", [name]));
  const isAny = step.node("Greater", [sizes.reduce((a, b) => step.node("Mul", [a, b])), step.array(0)]);
  const result = step.node("If", [isAny], {
    then_branch: within.message("open", [], [value(whole)]),
    else_branch: otherwise.message("closed", [], [value(none)]),
  });
  const gateValues = gates.map((name, i) => ({ name, type: "float32", shape: [x.inputs[2 + i]!.shape[1]!] }) as const);
  const body = step.message(
    "image",
    [{ name: image!, type: "float32", shape: [channels, ...window.input] }, ...gateValues],
    [value(result)],
  );
  const outside = [images, ...x.inputs.slice(2).map((gate) => to.value(gate))];
  return to.node("Scan", outside, { body, num_scan_inputs: outside.length });
}

/** The numbers of the channels whose gate isn't 0, int64 [n]: `gates` [K] stand for equal groups of them. */
function openNumbers(to: OnnxBuilder, gates: string, groups: number, channels: number): string {
  const each =
    groups === channels
      ? gates
      : to.node("Reshape", [
          to.node("Expand", [to.node("Unsqueeze", [gates, to.array([1])]), to.array([groups, channels / groups])]),
          to.array([channels]),
        ]);
  const open = to.node("Not", [to.node("Equal", [each, to.number(0)])]);
  return to.node("Squeeze", [to.node("NonZero", [open]), to.array([0])]);
}
