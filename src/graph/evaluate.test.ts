import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import {
  add,
  apply,
  array,
  customGradient,
  dependencies,
  evaluate,
  input,
  matmul,
  mul,
  NdArray,
  needed,
  type Op,
  type Tensor,
} from "./index.ts";
import { tensor } from "./testing/run.ts";

const scalar = (name: string): Tensor => input(name, { shape: [], dtype: "float32" });

describe("evaluate", () => {
  test("gives outputs in the order asked, repeated ones and inputs included", () => {
    const x = scalar("x");
    const y = mul(x, 2);
    const found = evaluate([y, x, y], new Map([[x, array(3)]]));
    expect(found.map((a) => a.item())).toEqual([6, 3, 6]);
    expect(evaluate([])).toEqual([]);
  });

  test("runs nothing that the outputs do not need", () => {
    const [x, unfed] = [scalar("x"), scalar("unfed")];
    mul(x, unfed);
    expect(evaluate([add(x, 1)], new Map([[x, array(3)]]))[0]!.item()).toBe(4);
  });

  test("takes a value for any tensor, and then needs nothing before it", () => {
    const y = mul(scalar("unfed"), 2);
    expect(evaluate([add(y, 1)], new Map([[y, array(3)]]))[0]!.item()).toBe(4);
  });

  test("names an input without a value, or with one of another shape or dtype", () => {
    const x = input("pixels", { shape: [2], dtype: "float32" });
    expect(() => evaluate([x])).toThrow(new UserError("evaluate: input pixels has no value"));
    expect(() => evaluate([x], new Map([[x, array([1])]]))).toThrow(
      "evaluate: input pixels is float32[2], received float32[1]",
    );
    expect(() => evaluate([x], new Map([[x, array([1, 2], { dtype: "int32" })]]))).toThrow("received int32[2]");
  });

  test("lets an intermediate array go after its last use", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const held: number[] = [];
    const step: Op = {
      name: "step",
      spec: ([x]) => x!,
      reference() {
        collect();
        held.push(process.memoryUsage().arrayBuffers);
      },
    };
    const [steps, elements] = [40, 2 ** 18];
    let y = input("x", { shape: [elements], dtype: "float32" });
    const feeds = new Map([[y, NdArray.zeros([elements])]]);
    for (let i = 0; i < steps; i++) y = apply(step, [y], undefined);
    evaluate([y], feeds);
    // Each step needs its input and its output; all of them together are 40 MiB.
    expect(held.length).toBe(steps);
    expect(held.at(-1)! - held[0]!).toBeLessThan(5 * elements * 4);
  });

  test("does not overflow the stack on a long chain", () => {
    let y = tensor(0);
    for (let i = 0; i < 20_000; i++) y = add(y, 1);
    expect(evaluate([y])[0]!.item()).toBe(20_000);
  });
});

describe("dependencies and needed", () => {
  test("leave out what only gradient flows to", () => {
    const [x, y] = [scalar("x"), scalar("y")];
    const node = customGradient(x, [y], (g) => [g]);
    expect(dependencies(node)).toEqual([x]);
    expect(needed([node])).toEqual([x, node]);
    expect(dependencies(matmul(tensor([[1]]), tensor([[1]]))).length).toBe(2);
  });

  test("come in an order in which they can run", () => {
    const x = scalar("x");
    const a = mul(x, x);
    const b = add(a, x);
    expect(needed([b, a])).toEqual([x, a, b]);
    expect(needed([b], new Set([a]))).toEqual([x, a, b]);
  });
});
