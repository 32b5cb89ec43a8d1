import { describe, expect, test } from "vitest";
import {
  add,
  ancestors,
  attachGradient,
  copyGradient,
  customGradient,
  evaluate,
  exp,
  grad,
  gradients,
  input,
  matmul,
  mul,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
  valueAndGrad,
} from "./index.ts";
import { aliasOp } from "./ops/alias.ts";
import { ints, run, tensor } from "./testing/run.ts";

describe("gradients", () => {
  test("add up over every path", () => {
    const x = tensor(3);
    const y = add(mul(x, x), x);
    expect(gradients(mul(y, y), [x]).map(run)).toEqual([2 * 12 * 7]);
  });

  test("are zeros where nothing depends on x", () => {
    expect(run(gradients(tensor(1), [tensor([1, 2])])[0]!)).toEqual([0, 0]);
  });

  test("are one for the scalar itself, and what the seed says", () => {
    const x = tensor(3);
    expect(run(gradients(x, [x])[0]!)).toBe(1);
    expect(run(gradients(mul(x, x), [x], tensor(0.5))[0]!)).toBe(3);
  });

  test("may be with respect to a tensor inside", () => {
    const x = tensor(2);
    const y = mul(x, 3);
    expect(gradients(mul(y, y), [y, x]).map(run)).toEqual([12, 36]);
  });

  test("hold what they do not need out of the graph", () => {
    const [x, other] = [input("x", { shape: [], dtype: "float64" }), input("other", { shape: [], dtype: "float64" })];
    const g = gradients(add(mul(x, x), exp(other)), [x])[0]!;
    expect(ancestors([g])).not.toContain(other);
  });
});

describe("valueAndGrad", () => {
  const f = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor): Tensor => sum(add(mul(w, x), b));

  test("gives the value and a tree of the first argument's form", () => {
    const [value, grads] = valueAndGrad(f)({ w: tensor([1, 2]), b: tensor(3) }, tensor([4, 5]));
    expect(run(value)).toBe(20);
    expect(Object.keys(grads)).toEqual(["w", "b"]);
    expect([run(grads.w), run(grads.b)]).toEqual([[4, 5], 2]);
  });

  test("gives a tensor at two leaves a gradient for each", () => {
    const x = tensor(5);
    const [value, [a, b]] = valueAndGrad(([a, b]: readonly [Tensor, Tensor]) => mul(mul(a, a), b))([x, x]);
    expect([value, a, b].map(run)).toEqual([125, 50, 25]);
  });

  test("hands back what comes beside the scalar", () => {
    const [[value, aux], g] = valueAndGrad((x: Tensor) => [mul(x, x), { twice: mul(x, 2), note: "kept" }] as const)(
      tensor(3),
    );
    expect([value, aux.twice, g].map(run)).toEqual([9, 6, 6]);
    expect(aux.note).toBe("kept");
  });

  test("differentiates nothing but the first argument", () => {
    const x = tensor([4, 5]);
    const [, grads] = valueAndGrad((p: readonly Tensor[], q: Tensor) => sum(mul(mul(p[0]!, q), x)))([x], x);
    expect(run(grads[0]!)).toEqual([16, 25]);
  });

  test("gives an integer leaf zeros", () => {
    const grads = grad((p: { n: Tensor; x: Tensor }) => mul(p.x, 2))({ n: ints([7, 8]), x: tensor(1) });
    expect([run(grads.n), run(grads.x)]).toEqual([[0, 0], 2]);
    expect(grads.n.dtype).toBe("int32");
  });

  test("can be nested: a Hessian's product with a vector", () => {
    // f = x₀²x₁, H = [[2x₁, 2x₀], [2x₀, 0]]
    const f = (p: readonly [Tensor, Tensor]): Tensor => mul(mul(p[0], p[0]), p[1]);
    const product = grad((p: readonly [Tensor, Tensor]) => {
      const [a, b] = grad(f)(p);
      return add(mul(a, 10), mul(b, 100));
    })([tensor(3), tensor(5)]);
    expect(product.map(run)).toEqual([10 * 10 + 100 * 6, 10 * 6]);
  });
});

describe("stopGradient", () => {
  test("keeps the value and lets nothing back", () => {
    const x = tensor(3);
    const y = mul(stopGradient(x), x);
    expect([run(y), run(gradients(y, [x])[0]!)]).toEqual([9, 3]);
  });
});

describe("customGradient", () => {
  test("replaces the derivative: of the value's making nothing remains", () => {
    const [x, y] = [tensor(3), tensor(4)];
    const value = customGradient(mul(x, y), [y], (g, inputs, value) => [mul(mul(g, inputs[0]!), value)]);
    expect([value, ...gradients(mul(value, 2), [x, y])].map(run)).toEqual([12, 0, 2 * 4 * 12]);
  });

  test("may leave inputs without gradient, and can be differentiated again", () => {
    const [x, y] = [tensor(3), tensor(4)];
    const f = customGradient(tensor(1), [x, y], (g, [a]) => [undefined, mul(g, mul(a!, a!))]);
    expect(gradients(f, [x, y]).map(run)).toEqual([0, 9]);
    expect(run(gradients(gradients(f, [y])[0]!, [x])[0]!)).toBe(6);
  });

  test("does not run the tensors that only gradient flows to", () => {
    const [x, unfed] = [tensor(3), input("unfed", { shape: [], dtype: "float64" })];
    expect(run(customGradient(x, [unfed], (g) => [g]))).toBe(3);
  });
});

test("copyGradient goes straight through", () => {
  const x = tensor([-1, 2]);
  const hard = copyGradient(x.greater(0), x);
  expect(run(hard)).toEqual([0, 1]);
  expect(run(gradients(sum(mul(hard, tensor([5, 7]))), [x])[0]!)).toEqual([5, 7]);
});

describe("attachGradient", () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ]);
  const g = tensor([
    [10, 20],
    [30, 40],
  ]);
  const w = tensor([5, 7]);

  test("keeps the loss and adds g, scaled by what the loss is scaled by", () => {
    const loss = sum(mul(a, w), 1);
    const attached = attachGradient(loss, a, g);
    expect(run(attached)).toEqual([19, 43]);
    expect(run(gradients(sum(mul(attached, tensor([1, 0.5]))), [a])[0]!)).toEqual([
      [5 + 10, 7 + 20],
      [2.5 + 15, 3.5 + 20],
    ]);
  });

  test("treats g as a constant, and works on the loss of one example", () => {
    const x = tensor([1, 2]);
    const attached = attachGradient(sum(x), x, mul(x, x));
    expect(run(gradients(attached, [x])[0]!)).toEqual([2, 5]);
    const second = gradients(sum(gradients(attached, [x])[0]!), [x])[0]!;
    expect(run(second)).toEqual([0, 0]);
  });

  test("lets a NaN or an infinity in the loss pass and keeps it out of the gradient", () => {
    const attached = attachGradient(tensor([Number.POSITIVE_INFINITY, 0]), a, g);
    expect(run(attached)).toEqual([Number.POSITIVE_INFINITY, 0]);
    expect(run(gradients(sum(attached), [a])[0]!)).toEqual(run(g));
  });
});

describe("long graphs", () => {
  const chain = (length: number): { x: Tensor; y: Tensor } => {
    const x = input("x", { shape: [], dtype: "float64" });
    let y: Tensor = x;
    for (let i = 0; i < length; i++) y = i % 2 ? sub(y, 1e-4) : mul(y, 1.0001);
    return { x, y };
  };

  test("a chain of 5,000 ops differentiates without overflowing the stack", () => {
    const { x, y } = chain(5000);
    const [dx] = gradients(y, [x]);
    const found = evaluate([dx!], new Map([[x, evaluate([tensor(1)])[0]!]]))[0]!.item();
    expect(found).toBeCloseTo(1.0001 ** 2500, 12);
  });

  test("its gradient has a number of nodes that is linear in its length", () => {
    const nodes = (length: number): number => {
      const { x, y } = chain(length);
      return ancestors(gradients(y, [x])).length;
    };
    expect(nodes(4000) - nodes(2000)).toBe(nodes(2000) - nodes(0));
    expect(nodes(4000)).toBeLessThan(4 * 4000);
  });

  /** h ← tanh(W h + x), unrolled. */
  const recurrence = (steps: number): { w: Tensor; loss: Tensor } => {
    const w = input("w", { shape: [2, 2], dtype: "float64" });
    let h = tensor([[0.1], [0.2]]);
    for (let t = 0; t < steps; t++) h = tanh(add(matmul(w, h), Math.sin(t)));
    return { w, loss: sum(mul(h, h)) };
  };

  test("a recurrence of 1,000 steps has the gradient of its finite difference, in a linear number of nodes", () => {
    const { w, loss } = recurrence(1000);
    const [g] = gradients(loss, [w]);
    const at = (delta: number): Map<Tensor, ReturnType<typeof evaluate>[number]> =>
      new Map([[w, evaluate([tensor([[0.9 + delta, -0.4], [0.3, 0.8]])])[0]!]]); // biome-ignore format: a matrix
    const slope = (evaluate([loss], at(1e-5))[0]!.item() - evaluate([loss], at(-1e-5))[0]!.item()) / 2e-5;
    const found = (evaluate([g!], at(0))[0]!.toNested() as number[][])[0]![0]!;
    expect(Math.abs(found - slope)).toBeLessThan(1e-8 * (1 + Math.abs(slope)));
    expect(Math.abs(slope)).toBeGreaterThan(1e-3);

    const nodes = (steps: number): number => {
      const { w, loss } = recurrence(steps);
      return ancestors(gradients(loss, [w])).length;
    };
    // Counted from one step on: the first has no gradient to its constant h.
    expect(nodes(801) - nodes(401)).toBe(nodes(401) - nodes(1));
  });

  test("a shared tensor is visited once, however many paths lead to it", () => {
    const x = tensor(1);
    let y = x;
    for (let i = 0; i < 60; i++) y = mul(y, y); // 2⁶⁰ paths
    expect(run(gradients(y, [x])[0]!)).toBe(2 ** 60);
  });
});

test("a leaf that valueAndGrad hands to f is an alias, which costs nothing to run", () => {
  const [value] = valueAndGrad((x: Tensor) => sum(x))(tensor([1]));
  expect(value.inputs[0]!.op).toBe(aliasOp);
});
