import { afterAll, describe, expect, test } from "vitest";
import { limitedElementwise, pairs as pairsInstruction, type Tape } from "../../../kernels/harness.ts";
import { full } from "../../../test/support/full.ts";
import type { pairKinds } from "../../plan/codes.ts";
import { expectSame, Problem, randoms, size } from "../testing/blocks-problem.ts";
import { enginePool } from "../testing/engine-pool.ts";
import { nativeSets } from "../testing/native.ts";
import { remember } from "../testing/remember.ts";

const wasm = full ? ["simd", "relaxed", "relaxed-wide", "simd-single", "relaxed-single"] : ["relaxed"];
const variants = [...wasm, ...nativeSets.map((set) => `native ${set}`)];
const { engine, close } = enginePool();
afterAll(close);

const kinds = [
  "SPREAD_GATES",
  "SPREAD_BLOCKS",
  "GATES_FROM",
  "BLOCKS_FROM",
] as const satisfies (keyof typeof pairKinds)[];

/** A PAIRS by definition; null where nothing is written. What a dense plan holds for closed gates stays in pair space. */
function pairsOf(
  kind: (typeof kinds)[number],
  { size, plan, gates }: Problem,
  from: Float32Array,
  width: number,
): (number | null)[] {
  const { examples, blocks } = size;
  const gate = (p: number) => plan.rows[p]! * blocks + plan.blocks[p]!;
  const columns = Array.from({ length: width }, (_, j) => j);
  const all = Array.from({ length: examples * blocks }, (_, p) => p);
  if (kind === "SPREAD_GATES" || kind === "SPREAD_BLOCKS")
    return all.flatMap((p) =>
      columns.map((j) =>
        p >= plan.pairs ? null : from[(kind === "SPREAD_GATES" ? gate(p) : plan.blocks[p]!) * width + j]!,
      ),
    );
  const to = new Float64Array(kind === "GATES_FROM" ? examples * blocks * width : blocks * width);
  for (let p = 0; p < plan.pairs; p++)
    for (const j of columns)
      if (gates[gate(p)] !== 0)
        to[(kind === "GATES_FROM" ? gate(p) : plan.blocks[p]!) * width + j]! += from[p * width + j]!;
  return [...Float32Array.from(to)];
}

const spreads = remember<Float32Array>();

describe.each(variants)("%s: values of pairs", (variant) => {
  test.each(kinds)("%s", async (kind) => {
    for (const [examples, blocks, width] of [
      [1, 1, 1],
      [9, 7, 1],
      [40, 33, 5],
      [70, 40, 70],
      [300, 70, 3],
    ] as const)
      for (const density of [0, 0.1, 1])
        for (const denseAbove of [Infinity, 0]) {
          const p = new Problem(await engine(variant), size(examples, blocks, 1, 1), density, 11, denseAbove);
          const inputs = {
            SPREAD_GATES: examples * blocks,
            SPREAD_BLOCKS: blocks,
            GATES_FROM: p.plan.pairs,
            BLOCKS_FROM: p.plan.pairs,
          };
          const from = randoms(Math.max(1, inputs[kind] * width), 6);
          const expected = spreads([kind, width, ...p.name], () =>
            Float32Array.from(pairsOf(kind, p, from, width), (value) => value ?? 77),
          );
          const to = p.room(expected.length);
          const at = { plan: p.at.plan, from: p.e.of(from), to };
          const found = p.run([pairsInstruction(kind, [examples, blocks, width], at)], to, expected.length);
          expectSame(found, expected);
        }
  });

  test("an elementwise instruction goes as far as there are pairs", async () => {
    for (const [limit, perRow, dims] of [
      [0, 1, [4, 3]],
      [3, 1, [5, 7]],
      [3, 2, [40, 33]],
      [2, 3, [6]],
      [9, 1, [5, 7]],
      [250, 1, [300, 200]],
      [0, 1, [300, 200]],
    ] as const) {
      const e = await engine(variant);
      const words = dims.reduce((a: number, b: number) => a * b, 1);
      const from = randoms(words, 3);
      const [x, out] = [e.of(from), e.buffer(words)];
      e.floats(out, words).fill(77);
      const strides = dims.length === 1 ? [1] : [dims[1]!, 1];
      const tape: Tape = {
        inputs: [{ buffer: x, strides }],
        outputs: [{ buffer: out, strides }],
        ops: [["NEG", 1, 0]],
      };
      expect(e.load(limitedElementwise(e.of([limit], "int"), perRow, [...dims], tape))()).toBe(0);
      const done = (Math.min(limit * perRow, dims[0]) * words) / dims[0];
      expectSame(
        e.floats(out, words),
        from.map((value, i) => (i < done ? -value : 77)),
      );
    }
  });
});
