import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { array, constant, evaluate, input, type Tensor } from "../graph/index.ts";
import { replayKey } from "./replay-key.ts";

const draw = (x: Tensor): number[] => [...evaluate([x])[0]!.data];

describe("replayKey", () => {
  test("gives what it was handed, in the order asked, whatever is folded in", () => {
    const k = replayKey({ uniform: [array([0.1, 0.2]), array(0.3)], normal: [array([1, 2, 3])] });
    expect(draw(k.fold(3).uniform([2]))).toEqual([0.1, 0.2].map(Math.fround));
    expect(draw(k.fold(constant(1, "int32")).normal([3]))).toEqual([1, 2, 3]);
    expect(draw(k.fold(1).fold(2).uniform([], { open: true }))).toEqual([Math.fround(0.3)]);
  });

  test("gives a tensor itself, so that noise can be an input", () => {
    const u = input("u", { shape: [2], dtype: "float64" });
    expect(replayKey({ uniform: [u] }).uniform([2], { dtype: "float64" })).toBe(u);
  });

  test("makes Bernoulli and logistic draws of the uniform ones", () => {
    const noise = array([0.25, 0.75], { dtype: "float64" });
    const k = replayKey({ uniform: [noise, noise] });
    expect(draw(k.bernoulli(constant(array([0.5, 0.5], { dtype: "float64" }))))).toEqual([1, 0]);
    const [low, high] = draw(k.logistic([2], { dtype: "float64" }));
    expect(low).toBeCloseTo(-Math.log(3), 14);
    expect(high).toBeCloseTo(Math.log(3), 14);
  });

  test("says when it has run out", () => {
    const k = replayKey({ uniform: [array(0.5)] });
    k.uniform([]);
    expect(() => k.fold(1).uniform([])).toThrow(new UserError("replayKey: asked for uniform draw number 2, holds 1"));
    expect(() => k.normal([])).toThrow("replayKey: asked for normal draw number 1, holds 0");
  });

  test("refuses to give noise of another shape or dtype", () => {
    const k = replayKey({ normal: [array([1, 2]), array([1, 2])] });
    expect(() => k.normal([3])).toThrow(
      "replayKey: normal draw number 1 was asked for as float32[3], holds float32[2]",
    );
    expect(() => k.normal([2], { dtype: "float64" })).toThrow("asked for as float64[2], holds float32[2]");
  });
});
