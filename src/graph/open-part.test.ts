import { describe, expect, test } from "vitest";
import {
  abs,
  add,
  alias,
  broadcastTo,
  constant,
  customGradient,
  div,
  equal,
  evaluate,
  fromPairs,
  greater,
  less,
  maximum,
  mul,
  NdArray,
  neg,
  notEqual,
  openPart,
  reshape,
  routing,
  sigmoid,
  sign,
  stopGradient,
  sub,
  type Tensor,
  where,
} from "./index.ts";
import { forEachPair } from "./pair-space.ts";

const [B, K] = [3, 4] as const;
const numbers = (n: number, phase: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(phase + 1.7 * i + 0.31 * i * i));
const gates = constant(new NdArray(Float64Array.of(0.5, 0, 0, -1, 0, 0, 0, 0, 2, 0.1, 0, 3), [B, K]));
const full = (phase: number): Tensor => constant(new NdArray(numbers(B * K, phase), [B, K]));
const each = (phase: number, shape: readonly number[]): Tensor =>
  constant(
    new NdArray(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        phase,
      ),
      shape,
    ),
  );
const open = routing(gates);
/** A gradient that leaves pair space. */
const source = (phase = 1): Tensor => fromPairs(each(phase, [B * K, 1]), open, "gates").reshape([B, K]);

/** The open part put back among zeros. */
function restored(x: Tensor): { found: number[]; expected: number[] } {
  const part = openPart(x)!;
  const [pairs, plan, expected] = evaluate([part.pairs, part.routing.plan, x]);
  const found = new Array<number>(B * K).fill(0);
  forEachPair(plan!.data, part.routing, (p, r, k) => (found[r * K + k] = pairs!.data[p]!));
  return { found, expected: [...expected!.data] };
}

describe("what is 0 where gates are closed", () => {
  const cases: readonly (readonly [string, () => Tensor])[] = [
    ["what left pair space", source],
    ["its negative", () => neg(source())],
    ["its size and sign", () => add(abs(source()), sign(source()))],
    ["times anything", () => mul(source(), full(3))],
    ["anything times it", () => mul(full(3), source())],
    ["times one number for each example", () => mul(source(), each(4, [B, 1]))],
    ["times one number for each gate", () => mul(source(), each(4, [K]))],
    ["times one number for each gate, in a row", () => mul(source(), each(4, [1, K]))],
    ["times one number", () => mul(mul(source(), 3), broadcastTo(constant(2, "float64"), [B, K]))],
    ["through the gates themselves", () => add(source(), mul(sign(gates), 0.3))],
    ["through other names of the gates", () => add(source(), mul(sign(alias(stopGradient(gates))), 0.3))],
    [
      "through what only changes their gradient",
      () =>
        sub(
          source(),
          customGradient(gates, [gates], (g) => [g]),
        ),
    ],
    ["anything behind a mask of open gates", () => add(source(), mul(full(3), greater(gates, 0)))],
    ["anything where gates are below 0, or not 0", () => mul(full(3), sub(less(gates, 0), notEqual(source(), 0)))],
    ["over anything", () => div(source(), add(abs(full(5)), 1))],
    ["behind a mask", () => mul(source(), greater(full(6), 0))],
    ["behind a mask of gates", () => mul(source(), greater(gates, 0.2))],
    ["behind a mask of masks", () => mul(source(), equal(less(full(6), 0), 1))],
    ["where chosen, else 0", () => where(greater(full(7), 0), source(), 0)],
    ["0 where chosen", () => where(greater(full(7), 0), 0, source())],
    ["one or the other", () => where(greater(full(7), 0), source(1), source(2))],
    ["sums and differences", () => sub(add(source(1), source(2)), mul(source(3), source(4)))],
    ["one number for each gate, an axis more", () => mul(source().reshape([B, K, 1]), each(4, [K, 1])).reshape([B, K])],
    ["one for each example, an axis more", () => mul(source().reshape([B, K, 1]), each(4, [B, 1, 1])).reshape([B, K])],
    ["other shapes", () => reshape(mul(reshape(source(), [B, K, 1]), 2), [B, K])],
  ];
  test.each(cases)("%s", (_, make) => {
    const { found, expected } = restored(make());
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 14));
    expect(expected.some((value) => value !== 0)).toBe(true);
  });
});

describe("what need not be", () => {
  const cases: readonly (readonly [string, () => Tensor])[] = [
    ["no gates anywhere", () => full(1)],
    ["a sum with anything", () => add(source(), full(2))],
    ["a difference from anything", () => sub(full(2), source())],
    ["anything over it", () => div(full(2), source())],
    ["a function that doesn't keep 0", () => sigmoid(source())],
    ["an op that is not known", () => maximum(source(), full(3))],
    ["anything where chosen", () => where(greater(full(7), 0), full(3), source())],
    ["a mask that is 1 at 0", () => add(source(), greater(gates, -1))],
    ["a mask of another kind", () => add(source(), equal(gates, 0))],
    ["one number where chosen", () => where(greater(full(7), 0), source(), 1)],
    ["another axis for the gates", () => mul(source().reshape([K, B]), each(4, [B])).reshape([B, K])],
    ["of the gates of another layer", () => mul(sign(gates), 2)],
    [
      "two layers' gates",
      () => add(source(), fromPairs(each(1, [B * K, 1]), routing(full(9)), "gates").reshape([B, K])),
    ],
    ["summed over examples", () => broadcastTo(source().sum(0), [B, K])],
  ];
  test.each(cases)("%s", (_, make) => expect(openPart(make())).toBeUndefined());
});

test("a sum over copies of a batch is not told by the gates of the copies", () => {
  const copies = fromPairs(each(1, [2 * B * K, 1]), routing(each(2, [2 * B, K])), "gates");
  expect(openPart(reshape(copies, [2, B, K]).sum(0))).toBeUndefined();
});

test("masks are computed at the pairs, not for all gates", () => {
  const { pairs } = openPart(mul(source(), greater(gates, 0.2)))!;
  const mask = pairs.inputs[1]!;
  expect([mask.op.name, mask.shape]).toEqual(["less", [B * K, 1]]);
});
