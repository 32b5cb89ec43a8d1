import fc from "fast-check";
import * as ops from "../index.ts";
import { array, constant, type Routing, type Shape, type Tensor } from "../index.ts";
import type { Case } from "./cases.ts";

/** Some examples' gates for some blocks, none to all of them open, and sizes, 0 among them, of the blocks' weights [K, S, D]. */
const routed = fc
  .record({
    batch: fc.integer({ min: 0, max: 5 }),
    blocks: fc.integer({ min: 0, max: 4 }),
    units: fc.integer({ min: 0, max: 3 }),
    depth: fc.integer({ min: 0, max: 4 }),
  })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      gates: fc.array(fc.constantFrom(0, 0, 0, 1, -2.5), {
        minLength: sizes.batch * sizes.blocks,
        maxLength: sizes.batch * sizes.blocks,
      }),
    }),
  );

type Sizes = { readonly batch: number; readonly blocks: number; readonly units: number; readonly depth: number };

const pairs = (
  op: string,
  about: string,
  shapes: (sizes: Sizes) => readonly Shape[],
  f: (open: Routing, a: Tensor, b: Tensor) => Tensor,
): Case => ({
  op,
  about,
  applications: routed.map(({ sizes, gates }) => ({
    shapes: shapes(sizes),
    f: (a, b) => f(ops.routing(constant(array(gates, { shape: [sizes.batch, sizes.blocks] }))), a!, b!),
  })),
});

/** The ops of pair space, in front of and behind those that lead into it and out of it. */
export const pairCases: readonly Case[] = [
  pairs(
    "to-blocks",
    "and back to gates",
    ({ batch, blocks, units, depth }) => [
      [batch, depth],
      [blocks, units, depth],
    ],
    (open, x, m) => ops.fromPairs(ops.toBlocks(x, m, open), open, "gates"),
  ),
  pairs(
    "from-blocks",
    "of what lies in a table",
    ({ batch, blocks, units, depth }) => [
      [batch, blocks, units],
      [blocks, units, depth],
    ],
    (open, c, m) => ops.fromBlocks(ops.toPairs(c, open, "gates"), m, open),
  ),
  pairs(
    "blocks-gradient",
    "of what lies in a table",
    ({ batch, blocks, units, depth }) => [
      [batch, depth],
      [batch, blocks, units],
    ],
    (open, x, c) => ops.blocksGradient(x, ops.toPairs(c, open, "gates"), open),
  ),
  pairs(
    "pairs",
    "of blocks, by those of gates, added up by block",
    ({ batch, blocks, units }) => [
      [blocks, units],
      [batch, blocks, 1],
    ],
    (open, b, g) =>
      ops.fromPairs(ops.mul(ops.toPairs(b, open, "blocks"), ops.toPairs(g, open, "gates")), open, "blocks"),
  ),
  pairs(
    "pairs",
    "element by element and along rows",
    ({ batch, blocks, units, depth }) => [
      [batch, depth],
      [blocks, units, depth],
    ],
    (open, x, m) => {
      const h = ops.tanh(ops.toBlocks(x, m, open));
      return ops.fromPairs(ops.mul(h, ops.sum(ops.square(h), 1, { keep: true })), open, "gates");
    },
  ),
];
