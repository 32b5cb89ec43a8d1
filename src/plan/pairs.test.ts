/** How values of open blocks are planned: what limits them, and what may be left undone where a block is closed for all. */
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import {
  add,
  concat,
  constant,
  fromBlocks,
  gradients,
  input,
  mapTree,
  matmul,
  mul,
  NdArray,
  type Routing,
  rectifier,
  reshape,
  routing,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  type Tree,
  toBlocks,
  toPairs,
  transpose,
} from "../graph/index.ts";
import { gatedBlocks } from "../layers/gated-blocks.ts";
import { adam, l2, momentum, type Optimizer, sgd } from "../optimizers/index.ts";
import { key } from "../random/index.ts";
import { denseAbove } from "./dense-above.ts";
import type { Instruction, Plan } from "./plan.ts";
import { plan } from "./planner.ts";
import type { Program } from "./program.ts";

const kernels = { kind: "native", gemmScratch: () => 0 } as const;
const [B, K, S, D] = [6, 4, 3, 5] as const;
const float = (name: string, ...shape: number[]): Tensor => input(name, { shape, dtype: "float32" });
const [x, m, gates] = [float("x", B, D), float("m", K, S, D), float("gates", B, K)];
const open: Routing = routing(gates);

const planned = (
  outputs: readonly Tensor[],
  updates: Program["updates"] = [],
  resident: readonly Tensor[] = [],
): Plan => {
  const inputs = [...resident, x, m, gates].map((tensor) => ({
    name: String(tensor.id),
    tensor,
    resident: resident.includes(tensor),
  }));
  return plan({ inputs, outputs, updates }, kernels);
};
const kinds = ({ instructions }: Plan): string[] => instructions.map((one) => one.kind);
const limited = ({ instructions }: Plan): (Instruction & { kind: "elementwise" })[] =>
  instructions.filter((one): one is Instruction & { kind: "elementwise" } => one.kind === "elementwise" && !!one.limit);

describe("element by element, no more is computed than there are open pairs", () => {
  test("between blocks, with rows in one tape and all axes merged where they can be", () => {
    const h = rectifier(add(toBlocks(x, m, open), 1));
    const made = planned([fromBlocks(h, m, open)]);
    expect(kinds(made)).toEqual(["routing", "toBlocks", "elementwise", "fromBlocks"]);
    expect(limited(made).map((one) => [one.dims, one.limit!.perPair])).toEqual([[[B * K * S], S]]);
    expect(limited(made)[0]!.limit!.plan).toEqual((made.instructions[0] as Instruction & { kind: "routing" }).plan);
    const scaled = planned([fromBlocks(mul(h, sum(h, 1, { keep: true })), m, open)]);
    expect(kinds(scaled)).toEqual(kinds(made));
    expect(limited(scaled).map((one) => [one.dims, one.limit!.perPair])).toEqual([[[B * K, S], 1]]);
  });

  test("noise that only open pairs read is drawn for them alone", () => {
    const noise = key(1).uniform([B * K, S]);
    const c = toBlocks(x, m, open);
    const made = planned([fromBlocks(add(c, noise), m, open)]);
    expect(made.instructions.filter((one) => one.kind === "elementwise").length).toBe(limited(made).length);
    const shared = planned([fromBlocks(add(c, noise), m, open), noise]);
    expect(shared.instructions.filter((one) => one.kind === "elementwise").length).toBe(limited(shared).length + 1);
  });

  test("the pairs of different gates don't share an instruction", () => {
    const other = routing(mul(gates, rectifier(gates)));
    const two = planned([
      fromBlocks(rectifier(toBlocks(x, m, open)), m, open),
      fromBlocks(rectifier(toBlocks(x, m, other)), m, other),
    ]);
    expect(new Set(limited(two).map((one) => one.limit!.plan.offset)).size).toBe(2);
  });

  test("noise that the pairs of two gates read is drawn for all", () => {
    const noise = key(1).uniform([B * K, S]);
    const other = routing(rectifier(gates));
    const made = planned([open, other].map((one) => fromBlocks(add(toBlocks(x, m, one), noise), m, one)));
    const drawing = made.instructions.filter((one) => one.kind === "elementwise" && one.tape.keys.length > 0);
    expect(drawing.map((one) => "limit" in one)).toEqual([false]);
  });

  test("noise is drawn when the plan is there that says for how many", () => {
    const noise = key(1).uniform([B * K, S]);
    const later = routing(gates);
    const made = planned([fromBlocks(rectifier(noise), m, later)]);
    expect(kinds(made)).toEqual(["routing", "elementwise", "fromBlocks"]);
    expect(limited(made)).toHaveLength(1);
  });
});

test("with how many open gates all pairs are taken depends on the products that the plan is for; never, unless that was asked for", () => {
  const aboveOf = (weights: Tensor[], mayTakeAll = true) => {
    const own = routing(gates, { mayTakeAll });
    const made = planned(weights.map((w) => fromBlocks(toBlocks(x, w, own), w, own)));
    return made.instructions.flatMap((one) => (one.kind === "routing" ? [one.denseAbove] : []));
  };
  const wide = concat([m, m, m, m], 1);
  const products = (units: number) => [1, 2].map(() => ({ units, depth: D }));
  expect(aboveOf([m])).toEqual([denseAbove(B, K, products(S), "native")]);
  expect(aboveOf([wide])).toEqual([denseAbove(B, K, products(4 * S), "native")]);
  expect(aboveOf([m, wide])).toEqual([denseAbove(B, K, [...products(S), ...products(4 * S)], "native")]);
  const deep = constant(NdArray.zeros([K, S, 100 * D]));
  const weights = { weight: m, bias: constant(NdArray.zeros([K, S])), out: deep };
  const [many, theirs] = [x, gates].map((t) =>
    concat(
      Array.from({ length: 100 }, () => t),
      0,
    ),
  ); // so that a part of a share shows
  const trained = planned(gradients(sum(square(gatedBlocks(weights, many!, theirs!))), [m]));
  const four = [D, D, 100 * D, 100 * D].map((depth) => ({ units: S, depth })); // into blocks and out of them, and back
  expect(trained.instructions.flatMap((one) => (one.kind === "routing" ? [one.denseAbove] : []))).toEqual([
    denseAbove(100 * B, K, four, "native"),
  ]);
  expect(aboveOf([m], false)).toEqual([B * K]);
  expect(aboveOf([m])).not.toEqual(aboveOf([wide]));
});

describe("refuses, as if all of pair space were there,", () => {
  const c = toBlocks(x, m, open);
  const message = "values of open blocks can only be used element by element, along their last axis, and by fromBlocks and fromPairs"; // biome-ignore format: one line
  test.each([
    ["an output", () => [c], `compile: ${message}`],
    ["a sum over pairs", () => [sum(c, 0)], `sum: ${message}`],
    ["a sum of everything", () => [sum(c)], `sum: ${message}`],
    ["a matrix product", () => [matmul(transpose(c), c)], `matmul: ${message}`],
    ["one pair's row for all pairs", () => [fromBlocks(add(c, slice(c, 0, 1)), m, open)], message],
    ["pairs in another order", () => [fromBlocks(add(c, reshape(transpose(c), [B * K, S])), m, open)], message],
  ])("%s", (_, outputs, expected) => {
    const make = () => planned(outputs());
    expect(make).toThrow(UserError);
    expect(make).toThrow(expected);
  });

  test("pairs of two gates in one operation", () => {
    const other = routing(rectifier(gates));
    const both = () => planned([fromBlocks(add(c, toPairs(gates, other, "gates").reshape([B * K, 1])), m, open)]);
    expect(both).toThrow("its operands belong to the open blocks of different gates");
  });
});

describe("an update skips blocks that are closed for all examples", () => {
  const params = { weight: float("w", K, S, D), bias: float("b", K, S), out: float("v", K, S, D) };
  const names = ["weight", "bias", "out"] as const;
  const tensors = names.map((name) => params[name]);

  /** For weight and out: whether their update leaves out closed blocks. */
  const skips = (optimizer: Optimizer, also: (grads: Tensor[]) => Tensor[] = () => []): boolean[] => {
    const grads = gradients(sum(gatedBlocks(params, x, gates)), tensors);
    const leaves: Tensor[] = [];
    const state = mapTree<NdArray, Tensor>(optimizer.init(params as never) as Tree<NdArray>, ({ shape }) => {
      leaves.push(float("state", ...shape));
      return leaves.at(-1)!;
    });
    const next = optimizer.update(params as never, Object.fromEntries(names.map((name, i) => [name, grads[i]])) as never, state, float("rate")); // biome-ignore format: one line
    const rates = [...new Set(inputsOf(Object.values(next.params as never)))].filter((t) => t.shape.length === 0);
    const updates = names.map((name, i) => ({
      input: i,
      value: (next.params as never as Record<string, Tensor>)[name]!,
    }));
    const inputs = [...tensors, ...leaves, x, m, gates, ...rates].map((tensor, i) => ({ name: String(i), tensor, resident: i < 3 })); // biome-ignore format: one line
    const made = plan({ inputs, outputs: also(grads), updates }, kernels);
    return made.instructions.flatMap((one) => (one.kind === "blocksGradient" ? [one.skipsClosed] : []));
  };

  test("by plain descent, which changes nothing where the gradient is 0", () =>
    expect(skips(sgd())).toEqual([true, true]));
  test("not where what is written is another array, or the weights with another sign", () => {
    const [weight, , out] = tensors as [Tensor, Tensor, Tensor];
    const [dW, , dV] = gradients(sum(gatedBlocks(params, x, gates)), tensors) as [Tensor, Tensor, Tensor];
    const written = (first: Tensor, second: Tensor) => {
      const inputs = [weight, out, params.bias, x, m, gates].map((tensor, i) => ({
        name: String(i),
        tensor,
        resident: i < 2,
      }));
      const updates = [first, second].map((value, input) => ({ input, value }));
      const { instructions } = plan({ inputs, outputs: [], updates }, kernels);
      return instructions.flatMap((one) => (one.kind === "blocksGradient" ? [one.skipsClosed] : []));
    };
    expect(written(sub(weight, dW), sub(out, dV))).toEqual([true, true]);
    expect(written(sub(out, dW), sub(weight, dV))).toEqual([false, false]);
    expect(written(sub(dW, weight), sub(dV, out))).toEqual([false, false]);
  });

  test("not where the gradient itself is wanted, or weights move without one", () => {
    expect(skips(sgd(), (grads) => [grads[0]!]).filter((skip) => !skip)).toHaveLength(1);
    expect(skips(l2(sgd(), 0.1))).toEqual([false, false]);
    expect(skips(momentum())).toEqual([false, false]);
    expect(skips(adam())).toEqual([false, false]);
  });
});

/** All inputs below some tensors. */
function inputsOf(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const open = [...roots];
  for (let t = open.pop(); t; t = open.pop()) {
    if (seen.has(t)) continue;
    seen.add(t);
    open.push(...t.inputs);
  }
  return [...seen].filter((t) => t.op.name === "input");
}
