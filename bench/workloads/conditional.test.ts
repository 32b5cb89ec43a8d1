import { describe, expect, it } from "vitest";
import { constant, evaluate, gatedBlocks, gradients, mul, NdArray, rectifier, sum } from "../../src/entries/engine.ts";
import { array } from "../../src/index.ts";
import {
  type Conditional,
  conditional,
  conditionalEvidence,
  conditionalFlops,
  conditionalInputs,
  conditionalSamples,
  openPairs,
} from "./conditional.ts";

const task: Conditional = {
  ...{ kind: "conditional", batch: 21, input: 9, blocks: 5, width: 3, output: 7, density: 0.3 },
};

/** Output and gradients by the library's definition of the layer. */
function results(task: Conditional) {
  const { batch, input, blocks, width, output } = task;
  const given = conditionalInputs(task);
  const [x, gates, weight, out, dy] = [
    constant(array(given.x, { shape: [batch, input] })),
    constant(array(given.gates, { shape: [batch, blocks] })),
    constant(array(given.weight, { shape: [blocks, width, input] })),
    constant(array(given.out, { shape: [blocks, width, output] })),
    constant(array(given.dy, { shape: [batch, output] })),
  ];
  const bias = constant(NdArray.zeros([blocks, width]));
  const made = gatedBlocks({ weight, bias, out }, x, gates, { activation: rectifier });
  const found = evaluate([made, ...gradients(sum(mul(made, dy)), [x, weight, out])]);
  const [y, dx, dweight, dout] = found.map(({ data }) => Float64Array.from(data as Float32Array));
  return { y: y!, dx: dx!, dweight: dweight!, dout: dout! };
}

describe("gates of the conditional layer", () => {
  it.each([
    [0.3, 5, 21],
    [1, 5, 21],
    [0.001, 5, 21],
    [0.37, 64, 4],
  ])(
    "open a share of %d of the pairs, as many in each example as in any other or one more",
    (density, blocks, batch) => {
      const { gates } = conditionalInputs({ ...task, density, blocks, batch });
      const counts = Array.from({ length: batch }, (_, r) =>
        gates.subarray(r * blocks, (r + 1) * blocks).reduce((open, gate) => open + gate, 0),
      );
      expect([...new Set(gates)].every((gate) => gate === 0 || gate === 1)).toBe(true);
      expect(counts.reduce((all, count) => all + count)).toBe(openPairs({ ...task, density, blocks, batch }));
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    },
  );

  it("open blocks at random: every block sooner or later, not always the same together", () => {
    const { gates } = conditionalInputs({ ...task, batch: 200, blocks: 10, density: 0.2 });
    const rows = Array.from({ length: 200 }, (_, r) => gates.subarray(10 * r, 10 * r + 10).join(""));
    expect(new Set(rows).size).toBeGreaterThan(30);
    for (let block = 0; block < 10; block++) {
      const open = rows.filter((row) => row[block] === "1").length;
      expect(open).toBeGreaterThan(20);
      expect(open).toBeLessThan(60);
    }
  });
});

describe("the conditional layer's check", () => {
  const samples = conditionalSamples(task);
  const right = results(task);
  const check = conditional.checker(task);

  it("accepts what the library's definition gives", () => {
    expect(() => check(conditionalEvidence(samples, right))).not.toThrow();
  });

  it.each(["y", "dx", "dweight", "dout"] as const)("refuses a wrong entry of %s, also by little, and NaN", (name) => {
    const at = samples[name].findLast((index) => right[name][index] !== 0)!;
    for (const [factor, message] of [
      [1 + 1e-3, "in float64 it is"],
      [-1, "in float64 it is"],
      [Number.NaN, "is NaN"],
    ] as const) {
      const changed = { ...right, [name]: right[name].map((value, i) => (i === at ? factor * value : value)) };
      expect(() => check(conditionalEvidence(samples, changed))).toThrow(new RegExp(`^${name}\\[.*${message}`));
    }
  });

  it("refuses anything but 0 where no gate was open, and entries that are missing", () => {
    const lonely = { ...task, batch: 2, blocks: 4, density: 0.25 };
    const [found, checked, places] = [results(lonely), conditional.checker(lonely), conditionalSamples(lonely)];
    const shut = places.dweight.find((index) => found.dweight[index] === 0)!;
    checked(conditionalEvidence(places, found));
    found.dweight[shut] = 1e-9;
    expect(() => checked(conditionalEvidence(places, found))).toThrow(/in float64 it is 0$/);
    expect(() => check(conditionalEvidence(samples, right).slice(1))).toThrow(/were asked for/);
  });
});

describe("FLOP of the conditional layer", () => {
  it("count six products of each open pair", () => {
    expect(conditionalFlops(task, 31)).toBe(31 * 3 * (9 * 2 * 3 + 7 * 2 * 3));
  });
});
