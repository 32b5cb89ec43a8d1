import fc from "fast-check";
import type { Tensor } from "../index.ts";
import * as ops from "../index.ts";
import type { Case } from "./cases.ts";

const sizes = fc.record({ length: fc.nat(4), batch: fc.nat(2), units: fc.nat(2), reverse: fc.boolean() });

type Step = (h: Tensor, x: Tensor, w: Tensor) => { readonly carry: Tensor; readonly y: Tensor };

/** A loop over rows xs [length, batch, units], from a carry [batch, units] on, whose step reads w [units, units] from outside. */
const loop = (about: string, step: Step): Case => ({
  op: "scan",
  about,
  runs: 8,
  applications: sizes.map(({ length, batch, units, reverse }) => ({
    shapes: [
      [batch, units],
      [length, batch, units],
      [units, units],
    ],
    f: (start, xs, w) => {
      const { carry, ys } = ops.scan((h: Tensor, x: Tensor) => step(h, x, w!), start!, xs!, { reverse });
      return ops.concat([ops.expandDims(carry, 0), ys]);
    },
  })),
});

export const scanCases: readonly Case[] = [
  loop("of a recurrent layer", (h, x, w) => {
    const next = ops.tanh(ops.add(ops.matmul(h, w), x));
    return { carry: next, y: next };
  }),
  loop("within the step of another", (h, x, w) => {
    const inner = ops.scan(
      (k: Tensor, row: Tensor) => ({ carry: ops.mul(k, ops.sin(ops.sum(row))), y: k }),
      ops.sum(x),
      w,
    );
    return { carry: ops.add(ops.mul(h, 0.5), ops.mul(x, inner.carry)), y: ops.mul(h, ops.sum(inner.ys)) };
  }),
];
