/** Ops of several outputs, here one of a user's own: the quotient and the remainder of two numbers. */
import { describe, expect, test } from "vitest";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import {
  add,
  applyMulti,
  cast,
  div,
  evaluate,
  floor,
  gradients,
  isMulti,
  type MultiOp,
  mul,
  needed,
  neg,
  sub,
  sum,
  type Tensor,
  topK,
} from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";

let runs: (readonly boolean[])[] = [];
let asked: (readonly boolean[])[] = [];

const divmodOp: MultiOp = {
  name: "divmod",
  specs: ([a]) => [a!, a!],
  derivative({ inputs: [a], outputs: [quotient] }, [, g], wanted) {
    asked.push(wanted);
    return g ? [g, neg(mul(g, quotient!))] : [mul(a!, 0)];
  },
  reference([a, b], _, [quotient, remainder]) {
    runs.push([quotient !== undefined, remainder !== undefined]);
    a!.data.forEach((x, i) => {
      const q = Math.floor(x / b!.data[i]!);
      if (quotient) quotient.data[i] = q;
      if (remainder) remainder.data[i] = x - q * b!.data[i]!;
    });
  },
};

const divmod = (a: Tensor, b: Tensor, op: MultiOp = divmodOp) =>
  applyMulti(op, [a, b], undefined) as readonly [Tensor, Tensor];

describe("an op of two outputs", () => {
  const [a, b] = [tensor([7, -7]), tensor([2, 4])];

  test("runs once for both, and only for those that are needed", () => {
    const [q, r] = divmod(a, b);
    runs = [];
    expect(evaluate([add(mul(q, b), r), q, r]).map((x) => x.toNested())).toEqual([
      [7, -7],
      [3, -2],
      [1, 1],
    ]);
    expect(runs).toEqual([[true, true]]);
    expect([run(r), run(q)]).toEqual([
      [1, 1],
      [3, -2],
    ]);
    expect(runs.slice(1)).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test("is made of tensors that know each other, their ids in order", () => {
    const [q, r] = divmod(a, b);
    expect(q.outputs).toEqual([q, r]);
    expect(r.outputs).toBe(q.outputs);
    expect([r.id - q.id, q.isMadeWith(r), q.isMadeWith(divmod(a, b)[0]), q.isMadeWith(undefined)]).toEqual([1, true, false, false]); // biome-ignore format: one line
    expect([a.outputs, a.isMadeWith(a), a.isMadeWith(b)]).toEqual([[a], true, false]);
    expect([isMulti(q.op), isMulti(a.op)]).toEqual([true, false]);
  });

  test("takes a fed output as it is, and computes the other", () => {
    const [q, r] = divmod(a, b);
    runs = [];
    const given = new Map([[q, evaluate([tensor([10, 20])])[0]!]]);
    expect(evaluate([add(q, r)], given)[0]!.toNested()).toEqual([11, 21]);
    expect(runs).toEqual([[false, true]]);
    expect(evaluate([q], given)[0]!.toNested()).toEqual([10, 20]);
    expect(runs).toHaveLength(1);
  });

  test("hears the gradients of all outputs at once, undefined where none comes, and what is asked for", () => {
    const [q, r] = divmod(a, b);
    asked = [];
    const [ga, gb] = gradients(sum(add(mul(q, q), r)), [a, b]);
    expect([run(ga!), run(gb!)]).toEqual([
      [1, 1],
      [-3, 2],
    ]);
    expect(run(gradients(sum(q), [a])[0]!)).toEqual([0, -0]);
    expect(asked).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  test("must have derivatives of its inputs' shapes", () => {
    const wrong = { ...divmodOp, derivative: () => [tensor(1)] };
    expect(() => gradients(sum(divmod(a, b, wrong)[1]), [a])).toThrow(
      /^divmod: its derivative with respect to input 0 must be float64\[2\] as that input is, received float64\[\]/,
    );
  });

  test("on compiled backends runs by the ops that it says it is made of, and not without", async () => {
    const backend = await wasmBackend({ threads: 1 });
    const made: MultiOp = {
      ...divmodOp,
      lowering({ inputs: [x, y] }) {
        const quotient = floor(div(x!, y!));
        return { kind: "tensors", outputs: [quotient, sub(x!, mul(quotient, y!))] };
      },
    };
    const f = (op: MultiOp) => compile((x: Tensor, y: Tensor) => [...divmod(x, y, op)], { backend });
    const values = [Float32Array.of(7, -7), Float32Array.of(2, 4)] as never as [never, never];
    const [q, r] = f(made)(...values);
    expect([q!.toNested(), r!.toNested()]).toEqual([
      [3, -2],
      [1, 1],
    ]);
    expect(() => f(divmodOp)(...values)).toThrow(/^divmod: an op of one's own runs on the reference backend only/);
    await backend.close();
  });
});

describe("topK", () => {
  test("gives the largest first, of equals the first, NaN before all, and where they stand", () => {
    const x = tensor([[3, 5, -1, 5], [0, Number.NaN, -0, Number.POSITIVE_INFINITY]]); // biome-ignore format: one line
    const { values, indices } = topK(x, 3);
    expect(run(indices)).toEqual([[1, 3, 0], [1, 3, 0]]); // biome-ignore format: one line
    expect(run(values)).toEqual([[5, 5, 3], [Number.NaN, Number.POSITIVE_INFINITY, 0]]); // biome-ignore format: one line
    expect(indices.dtype).toBe("int32");
  });

  test("sends gradient to where the values stand, to one of equals", () => {
    const x = tensor([3, 5, -1, 5]);
    const { values, indices } = topK(x, 3);
    expect(run(gradients(sum(mul(values, tensor([1, 10, 100]))), [x])[0]!)).toEqual([100, 1, 0, 10]);
    expect(run(gradients(sum(cast(indices, "float64")), [x])[0]!)).toEqual([0, 0, 0, 0]);
  });

  test("refuses what has no k largest", () => {
    expect(() => topK(tensor([1, 2]), 3)).toThrow(
      /^topK: k must be a whole number from 1 to 2, the row's length, received 3/,
    );
    expect(() => topK(ints([1, 2]), 1)).toThrow(/^topK: needs floats \[..., n\], received int32\[2\]/);
    expect(() => topK(tensor(1), 1)).toThrow(/^topK: needs floats/);
  });

  test("is one node for both outputs: what reads the values alone asks for no indices", () => {
    expect(needed([topK(tensor([1, 2]), 1).values]).filter(({ op }) => op.name === "topK")).toHaveLength(1);
  });
});
