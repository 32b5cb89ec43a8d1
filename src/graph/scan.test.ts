import { describe, expect, test } from "vitest";
import { key } from "../random/index.ts";
import {
  add,
  ancestors,
  arange,
  attachGradient,
  cast,
  copyGradient,
  evaluate,
  floor,
  gradients,
  greater,
  isOp,
  matmul,
  mul,
  needed,
  reshape,
  scan,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
} from "./index.ts";
import { scanOp } from "./ops/scan.ts";
import { ints, run, tensor } from "./testing/run.ts";

type Pair = readonly [Tensor, Tensor];

/** What `scan` says, written as a loop. */
function byHand(f: (h: Tensor, x: Tensor) => { carry: Tensor; y: Tensor }, start: Tensor, xs: Tensor, reverse = false) {
  const n = xs.shape[0]!;
  const ys = new Array<Tensor>(n);
  let carry = start;
  for (let i = 0; i < n; i++) {
    const t = reverse ? n - 1 - i : i;
    const step = f(carry, reshape(slice(xs, t, t + 1), xs.shape.slice(1)));
    carry = step.carry;
    ys[t] = step.y;
  }
  return { carry, ys: stack(ys) };
}

const numbers = (phase: number, ...shape: number[]): Tensor => {
  const fill = (axis: number, at: number): unknown =>
    axis === shape.length
      ? Math.sin(phase + 1.7 * at)
      : Array.from({ length: shape[axis]! }, (_, i) => fill(axis + 1, at * shape[axis]! + i));
  return tensor(fill(0, 0) as never);
};

const w = numbers(1, 3, 3);
const start = numbers(2, 2, 3);
const xs = numbers(3, 5, 2, 3);
const step = (h: Tensor, x: Tensor) => {
  const next = tanh(add(matmul(h, w), x));
  return { carry: next, y: mul(next, x) };
};

describe("scan", () => {
  test.each([false, true])("gives what the loop by hand gives, bit for bit, reverse: %s", (reverse) => {
    const [received, wanted] = [scan(step, start, xs, { reverse }), byHand(step, start, xs, reverse)];
    expect(run(received.carry)).toEqual(run(wanted.carry));
    expect(run(received.ys)).toEqual(run(wanted.ys));
  });

  test.each([false, true])(
    "has the gradient of the loop by hand, and its second derivatives, reverse: %s",
    (reverse) => {
      const wrt = [w, start, xs];
      const of = ({ carry, ys }: { carry: Tensor; ys: Tensor }): Tensor[] => {
        const loss = add(sum(mul(carry, carry)), sum(mul(ys, numbers(4, 5, 2, 3))));
        const first = gradients(loss, wrt);
        const length = first.map((g) => sum(mul(g, g))).reduce((a, b) => add(a, b));
        return [...first, ...gradients(length, wrt)];
      };
      const received = evaluate(of(scan(step, start, xs, { reverse })));
      const wanted = evaluate(of(byHand(step, start, xs, reverse)));
      received.forEach(({ data }, i) => {
        const scale = Math.max(...wanted[i]!.data.map(Math.abs));
        data.forEach((g, at) => expect(Math.abs(g - wanted[i]!.data[at]!)).toBeLessThan(1e-13 * scale));
      });
    },
  );

  test("adds up what flows to a tensor outside, and not again what flows through it to another", () => {
    const of = (loop: typeof scan | typeof byHand) => {
      const turned = tanh(w);
      const f = (h: Tensor, x: Tensor) => {
        const next = tanh(add(matmul(h, w), matmul(x, turned)));
        return { carry: next, y: mul(next, x) };
      };
      return gradients(sum(loop(f, start, xs).ys), [w, turned]);
    };
    const [received, wanted] = [evaluate(of(scan as never)), evaluate(of(byHand as never))];
    received.forEach(({ data }, i) => data.forEach((g, at) => expect(g).toBeCloseTo(wanted[i]!.data[at]!, 12)));
  });

  test("has the gradient that is attached to a step's tensor whose value depends on nothing", () => {
    const of = (loop: typeof scan | typeof byHand) => {
      const f = (h: Tensor, x: Tensor) => {
        const a = matmul(x, w);
        return { carry: h, y: attachGradient(sum(mul(h, x), 1), a, mul(x, tanh(a))) };
      };
      return gradients(sum(loop(f, start, xs).ys), [w, start, xs]);
    };
    const [received, wanted] = [evaluate(of(scan as never)), evaluate(of(byHand as never))];
    received.forEach(({ data }, i) => data.forEach((g, at) => expect(g).toBeCloseTo(wanted[i]!.data[at]!, 12)));
  });

  test("traces the step once, however long the loop: its gradient has as many nodes", () => {
    const count = (n: number): number => {
      const { carry } = scan(step, start, numbers(3, n, 2, 3));
      return ancestors([gradients(sum(carry), [w])[0]!]).length;
    };
    expect(count(7)).toBe(count(3));
  });

  test("runs 1,000 steps forward, back and back again, which no stack sees", () => {
    const a = tensor(0.999);
    const { carry } = scan((h: Tensor) => ({ carry: mul(h, a), y: {} }), tensor(2), {}, { length: 1000 });
    const [first] = gradients(carry, [a]);
    const values = [carry, first!, gradients(first!, [a])[0]!].map((x) => run(x) as number);
    const wanted = [0.999 ** 1000, 1000 * 0.999 ** 999, 1000 * 999 * 0.999 ** 998].map((x) => 2 * x);
    values.forEach((value, i) => expect(value / wanted[i]!).toBeCloseTo(1, 9));
  });

  test("takes trees: the carry keeps its form, whatever the order of its keys", () => {
    const carry = { sum: tensor(0), last: [tensor(0)] as const };
    const result = scan(
      (c, { a, b }: { a: Tensor; b: Tensor }) => ({
        carry: { last: [a] as const, sum: add(c.sum, mul(a, b)) },
        y: { before: c.sum, twice: [mul(a, 2)] },
      }),
      carry,
      { a: tensor([1, 2, 3]), b: tensor([10, 20, 30]) },
    );
    expect(run(result.carry.sum)).toBe(140);
    expect(run(result.carry.last[0])).toBe(3);
    expect(run(result.ys.before)).toEqual([0, 10, 50]);
    expect(run(result.ys.twice[0]!)).toEqual([2, 4, 6]);
  });

  test("needs no rows where the length is given, and keeps whole numbers whole", () => {
    const { carry, ys } = scan((n: Tensor) => ({ carry: add(n, 1), y: mul(n, n) }), ints(3), {}, { length: 4 });
    expect([run(carry), run(ys)]).toEqual([7, [9, 16, 25, 36]]);
    expect(carry.dtype).toBe("int32");
    const twice = scan((h: Tensor) => ({ carry: tanh(h), y: h }), start, [], { length: 2 });
    expect(run(twice.carry)).toEqual(run(tanh(tanh(start))));
  });

  test("of no rows gives the first carry, and its gradient", () => {
    const none = slice(xs, 0, 0);
    const { carry, ys } = scan(step, start, none);
    expect(run(carry)).toEqual(run(start));
    expect(ys.shape).toEqual([0, 2, 3]);
    const grads = gradients(add(sum(mul(carry, carry)), sum(ys)), [start, w, none]);
    expect(run(grads[0]!)).toEqual(run(mul(start, 2)));
    expect(run(grads[1]!)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(grads[2]!.shape).toEqual([0, 2, 3]);
  });

  test("may stand within a step of another, and read what that one has", () => {
    const outer = (h: Tensor, x: Tensor) => {
      const { carry } = scan((k: Tensor, row: Tensor) => ({ carry: tanh(add(mul(k, row), mul(h, x.slice(0, 1).sum()))), y: {} }), h, x); // biome-ignore format: one line
      return { carry, y: sum(carry) };
    };
    const hand = (h: Tensor, x: Tensor) => {
      const { carry } = byHand((k, row) => { const next = tanh(add(mul(k, row), mul(h, x.slice(0, 1).sum()))); return { carry: next, y: next }; }, h, x); // biome-ignore format: one line
      return { carry, y: sum(carry) };
    };
    const h = numbers(5, 3);
    const [received, wanted] = [scan(outer, h, xs), byHand(hand, h, xs)];
    expect(run(received.ys)).toEqual(run(wanted.ys));
    const all = ({ carry, ys }: { carry: Tensor; ys: Tensor }) => {
      const first = gradients(add(sum(carry), sum(mul(ys, ys))), [h, xs]);
      return evaluate([...first, ...gradients(add(sum(mul(first[0]!, first[0]!)), sum(mul(first[1]!, first[1]!))), [h, xs])]); // biome-ignore format: one line
    };
    const [a, b] = [all(received), all(wanted)];
    a.forEach(({ data }, i) => data.forEach((g, at) => expect(g).toBeCloseTo(b[i]!.data[at]!, 11)));
  });

  test("lets gradient through a hard decision in the step as it says, and its target may lie outside", () => {
    const slope = tensor([0.3, -0.2]);
    const f = (h: Tensor, x: Tensor) => {
      const fires = copyGradient(greater(h, 0), mul(slope, h));
      return { carry: sub(add(mul(h, 0.5), x), fires), y: fires };
    };
    const rows = numbers(3, 6, 2);
    const first = numbers(2, 2);
    const both = [scan(f, first, rows), byHand(f, first, rows)].map(({ carry, ys }) =>
      evaluate(gradients(add(sum(carry), sum(mul(ys, numbers(7, 6, 2)))), [slope, first, rows])),
    );
    both[0]!.forEach(({ data }, i) => data.forEach((g, at) => expect(g).toBeCloseTo(both[1]![i]!.data[at]!, 12)));
    expect(both[0]![0]!.data.some((g) => g !== 0)).toBe(true);
  });

  test("does not run what only gradient flows to", () => {
    const target = mul(start, 3);
    const { carry } = scan(
      (h: Tensor, x: Tensor) => ({ carry: copyGradient(add(h, x), mul(target, h)), y: {} }),
      start,
      xs,
    );
    expect(needed([carry])).not.toContain(target);
    expect(ancestors([carry])).toContain(target);
  });

  test("computes once what no step changes", () => {
    const twice = { made: undefined as Tensor | undefined };
    const { carry } = scan(
      (h: Tensor, x: Tensor) => ({ carry: add(h, mul(x, (twice.made = mul(w, 2)).sum())), y: {} }),
      start,
      xs,
    );
    expect(needed([carry]).filter((x) => isOp(x, scanOp))[0]!.inputs).not.toContain(w);
    expect(needed([carry])).toContain(twice.made);
  });

  test("has noise of its own in each step that folds the step's number", () => {
    const noise = key(3);
    const f = (h: Tensor, t: Tensor) => {
      const u = noise.fold(t).uniform([2], { dtype: "float64" });
      return { carry: add(h, u), y: u };
    };
    const { ys } = scan(f, numbers(1, 2), arange(4));
    expect(run(ys)).toEqual([0, 1, 2, 3].map((t) => run(noise.fold(t).uniform([2], { dtype: "float64" }))));
  });

  test("has no gradient with respect to what it reads as whole numbers", () => {
    const f = (h: Tensor, x: Tensor) => ({ carry: add(h, cast(cast(x, "int32"), "float64")), y: floor(x) });
    const { carry } = scan(f, numbers(2, 2, 3), xs);
    expect(run(sum(gradients(sum(carry), [xs])[0]!))).toBe(0);
  });
});

describe("scan refuses", () => {
  const f = (h: Tensor, x: Tensor) => ({ carry: h, y: x });
  const carry = { h: [start] as const };

  test("a carry that changes, and names the leaf", () => {
    const changed = (next: unknown) => () => scan((() => ({ carry: { h: next }, y: {} })) as never, carry, xs);
    expect(changed([numbers(1, 2, 4)])).toThrow(
      /^scan: the carry at h\.0 must stay float64\[2, 3\], received float64\[2, 4\] from the function\n.*scan\.test\.ts/,
    );
    expect(changed([cast(start, "float32")])).toThrow(
      /the carry at h\.0 must stay float64\[2, 3\], received float32\[2, 3\]/,
    );
    expect(changed([])).toThrow(/the new carry must have the form of the old one, received one without h\.0/);
    expect(changed([start, start])).toThrow(/received h\.1, which the old one has not/);
    expect(changed([3])).toThrow(/the new carry at h\.0 must be a tensor, received 3/);
    expect(() => scan(() => ({ carry: numbers(1, 2), y: {} }), start, xs)).toThrow(
      /^scan: the carry must stay float64\[2, 3\]/,
    );
  });

  test("rows that differ in number, and rows without a length", () => {
    const rows = { a: numbers(1, 4), b: [numbers(1, 5, 2)] };
    expect(() => scan((h: Tensor) => ({ carry: h, y: {} }), start, rows)).toThrow(
      /^scan: xs at b\.0 must have the first axis 4, received float64\[5, 2\]\n/,
    );
    expect(() => scan(f, start, tensor(1))).toThrow(/^scan: xs must have a first axis, received float64\[\]/);
    expect(() => scan(f, start, xs, { length: 4 })).toThrow(
      /^scan: xs must have the first axis 4, received float64\[5, 2, 3\]/,
    );
    expect(() => scan((h: Tensor) => ({ carry: h, y: {} }), start, {})).toThrow(/^scan: needs a length/);
    expect(() => scan(f, start, {} as never, { length: -1 })).toThrow(
      /^scan: length must be a whole number from 0, received -1/,
    );
  });

  test("what is no step, no tensor and no option", () => {
    expect(() => scan(3 as never, start, xs)).toThrow(/^scan: needs a function, received 3\n.*scan\.test\.ts/);
    expect(() => scan((() => start) as never, start, xs)).toThrow(
      /^scan: the function must give \{ carry, y \}, received /,
    );
    expect(() => scan(f, { h: 1 } as never, xs)).toThrow(/^scan: the carry at h must be a tensor, received 1/);
    expect(() => scan(f, start, [xs, "x"] as never)).toThrow(/^scan: xs at 1 must be a tensor, received "x"/);
    expect(() => scan((h: Tensor) => ({ carry: h, y: [null] }) as never, start, xs)).toThrow(
      /^scan: y at 0 must be a tensor/,
    );
    expect(() => scan(f, start, xs, { steps: 3 } as never)).toThrow(/^scan: /);
  });

  test("to let a step's own tensors out", () => {
    let leaked: Pair | undefined;
    scan((h: Tensor, x: Tensor) => ({ carry: (leaked = [mul(h, 2), x] as const)[0], y: {} }), start, xs);
    expect(() => evaluate([leaked![0]])).toThrow(/^evaluate: input carry has no value/);
  });
});
