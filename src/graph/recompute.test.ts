/** What is computed again for gradients: the same numbers, from what was kept alone. */
import { describe, expect, test } from "vitest";
import { key } from "../random/index.ts";
import * as ops from "./index.ts";
import { recompute, type Tensor } from "./index.ts";
import { gradientError, spread } from "./testing/finite-differences.ts";

const wrappers = { "as it is": <F>(f: F): F => f, "computed again": recompute } as const;
type Wrap = typeof recompute;

const arrays = spread([[4, 3], [3, 3], [3]], [-1, 1], 5); // biome-ignore format: one line
const [x, w, b] = arrays.map((values) => ops.constant(values)) as [Tensor, Tensor, Tensor];
const numbers = (of: readonly Tensor[]): number[][] => ops.evaluate(of).map(({ data }) => [...data]);
const applied = (name: string, of: readonly Tensor[]): number =>
  ops.needed(of).filter(({ op }) => op.name === name).length;
/** All that a sum over results is, and its gradients. */
const all = (f: (x: Tensor, w: Tensor, b: Tensor) => Tensor): Tensor[] => {
  const loss = f(x, w, b).square().sum();
  return [loss, ...ops.gradients(loss, [x, w, b])];
};

/** One layer that draws, with the weights that it reads from around it. */
const layer = (h: Tensor, w: Tensor, b: Tensor, i: number): Tensor => {
  const a = ops.matmul(h, w).add(b);
  const p = ops.sigmoid(a);
  return ops.copyGradient(
    key(7)
      .fold(i)
      .bernoulli(p)
      .add(key(8).fold(i).normal(p.shape, { dtype: p.dtype })),
    p,
  );
};

const programs: Readonly<Record<string, (wrap: Wrap) => (x: Tensor, w: Tensor, b: Tensor) => Tensor>> = {
  "layers that draw": (wrap) => (x, w, b) =>
    [0, 1, 2, 3].reduce((h, i) => wrap((h: Tensor) => layer(layer(h, w, b, 2 * i), w, b, 2 * i + 1))(h), x),
  "several results, one of them an argument": (wrap) => (x, w, b) => {
    const { y, z, h } = wrap((h: Tensor) => ({ y: ops.tanh(ops.exp(h)), z: ops.matmul(ops.sin(h), w), h }))(x);
    return ops.mul(y, z).add(h).add(b);
  },
  "a gradient that is attached": (wrap) => (x, w, b) =>
    wrap((x: Tensor) => {
      const a = ops.matmul(x, w).add(b);
      const h = key(1).bernoulli(ops.sigmoid(a));
      return ops.attachGradient(ops.matmul(h, w).square().sum(1), a, ops.sub(h, ops.sigmoid(a)).mul(ops.tanh(a)));
    })(x),
  "a loop": (wrap) => (x, w, b) =>
    wrap((x: Tensor) => {
      const { carry, ys } = ops.scan(
        (h: Tensor, row: Tensor) => {
          const next = ops.tanh(ops.matmul(ops.reshape(ops.sin(h), [1, 3]), w).add(row));
          return { carry: ops.reshape(next, [3]), y: ops.exp(next) };
        },
        ops.sin(b),
        ops.cos(x),
      );
      return ops.cos(ys).sum().add(carry.square());
    })(x),
  "in the steps of a loop": (wrap) => (x, w, b) =>
    ops.scan(
      (h: Tensor, row: Tensor) => {
        const next = wrap((h: Tensor) =>
          ops.tanh(
            ops
              .matmul(ops.sin(ops.reshape(h, [1, 3])), w)
              .sin()
              .add(row),
          ),
        )(h);
        return { carry: ops.reshape(next, [3]), y: next };
      },
      b,
      x,
    ).ys,
  "an op of several outputs": (wrap) => (x, w, b) =>
    wrap((x: Tensor) => {
      const { values, indices } = ops.topK(ops.sin(ops.matmul(x, w)), 2);
      return ops.exp(values).mul(ops.cast(indices, "float64").add(1)).add(b.sum());
    })(x),
  "open pairs": (wrap) => (x, w, b) =>
    wrap((x: Tensor) => {
      const gates = ops.greater(ops.matmul(ops.sin(x), w), 0);
      const open = ops.routing(gates);
      const blocks = ops.reshape(w, [3, 1, 3]);
      const units = ops.tanh(ops.sin(ops.toBlocks(ops.exp(x), blocks, open)));
      return ops.fromBlocks(units, blocks, open).add(b);
    })(x),
  "one within another": (wrap) => (x, w, b) =>
    wrap((x: Tensor) =>
      wrap((h: Tensor) => ops.sin(ops.exp(h)))(ops.tanh(ops.matmul(x, w)))
        .add(b)
        .tanh(),
    )(x),
  "its result is the loss": (wrap) =>
    wrap((x: Tensor, w: Tensor, b: Tensor) =>
      ops
        .exp(ops.tanh(ops.matmul(x, w)))
        .mul(b)
        .sum(),
    ),
  "a gradient that is taken within": (wrap) => (x, w, b) =>
    wrap((x: Tensor) => {
      const h = ops.sin(x);
      const [slope] = ops.gradients(ops.tanh(ops.matmul(ops.exp(h), w)).sum(), [h]);
      return ops.tanh(slope!).mul(h).add(b);
    })(x),
};

describe.each(Object.entries(programs))("%s", (name, program) => {
  test("has the same value and gradients to the bit", () => {
    const [kept, again] = Object.values(wrappers).map((wrap) => numbers(all(program(wrap as Wrap))));
    expect(again).toEqual(kept);
    expect(kept!.flat().some((v) => v !== 0)).toBe(true);
  });

  test("has the same gradients of gradients", () => {
    const [kept, again] = Object.values(wrappers).map((wrap) => {
      const [, ...slopes] = all(program(wrap as Wrap));
      const size = slopes.map((g) => ops.sin(g).sum()).reduce((p, q) => p.add(q));
      return numbers(ops.gradients(size, [x, w, b]));
    });
    // Where derivatives of three orders meet, they are added up in another order.
    if (name !== "a gradient that is taken within") expect(again).toEqual(kept);
    else again!.flat().forEach((v, at) => expect(v).toBeCloseTo(kept!.flat()[at]!, 11));
  });

  test("is computed again", () => {
    const [kept, again] = Object.values(wrappers).map((wrap) => ops.needed(all(program(wrap as Wrap))).length);
    expect(again).toBeGreaterThan(kept!);
  });
});

test("gradients, and their own, are those of finite differences", () => {
  const f = recompute((x: Tensor, w: Tensor) => ops.tanh(ops.matmul(ops.sin(ops.matmul(x, w)), w)));
  for (const order of [1, 2] as const) expect(gradientError(f, arrays.slice(0, 2), order)).toBeLessThan(1e-6);
});

test("what lies within is computed once more, what it gives is kept", () => {
  const [, slope] = all((x) => recompute((x: Tensor) => ops.tanh(ops.tanh(ops.tanh(x))))(x));
  // tanh' is read off its result: the last one is kept, the other two are made again.
  expect(applied("tanh", [slope!])).toBe(5);
  const [, each] = all((x) => [0, 1, 2].reduce((h) => recompute(ops.tanh)(h), x));
  expect(applied("tanh", [each!])).toBe(3);
});

test("nothing of what lies within is read by its gradient", () => {
  const inside: Tensor[] = [];
  const seen = (y: Tensor): Tensor => inside[inside.push(y) - 1]!;
  const block = recompute((x: Tensor) => ops.tanh(seen(ops.exp(seen(ops.matmul(seen(ops.sin(x)), w))))));
  const y = block(x);
  const [slope] = ops.gradients(y.square().sum(), [x]);
  const forward = new Set(ops.needed([y]));
  for (const node of ops.needed([slope!]))
    if (!forward.has(node)) for (const read of ops.dependencies(node)) expect(inside).not.toContain(read);
});

test("nor what a derivative remembers of it", () => {
  const inside: Tensor[] = [];
  const seen = (y: Tensor): Tensor => inside[inside.push(y) - 1]!;
  const losses = recompute((x: Tensor) => {
    const a = seen(ops.matmul(x, w));
    return ops.attachGradient(x.sum(1), a, seen(ops.tanh(seen(ops.sin(a)))));
  })(x);
  const [slope] = ops.gradients(losses.sum(), [w]);
  const needed = ops.needed([slope!]);
  expect(applied("tanh", [slope!])).toBe(1);
  for (const own of inside) expect(needed).not.toContain(own);
});

test("refuses what is no function, and results that are no tensors", () => {
  expect(() => recompute(3 as never)).toThrow("recompute: needs a function, received 3");
  expect(() => recompute(() => ({ y: 3 }))()).toThrow("recompute: the result at y must be a tensor, received 3");
  expect(() => recompute(async () => x)()).toThrow(/^recompute: the result must be a tensor, received (a )?[Pp]romise/);
});
