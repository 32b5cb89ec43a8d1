/** Exported networks in ONNX Runtime: they predict what the library does, and sample with the right probabilities. */
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import * as engine from "../../src/entries/engine.ts";
import * as library from "../../src/index.ts";
import { Draws } from "../attack/draws.ts";
import { exports, type Runtime } from "../attack/targets/exports.ts";
import { howMany } from "../support/full.ts";
import { loadRuntimes, runtimeFiles } from "./runtimes.ts";

const { array, classes, dense, gated, network, toOnnx, values } = library;
const names = Object.keys(runtimeFiles);
const installed = Object.values(runtimeFiles).every(existsSync);
describe.skipIf(!installed)("in both runtimes [needs npm install --prefix test/onnx]", () => {
  let runtimes: Readonly<Record<string, Runtime>>;
  beforeAll(async () => {
    runtimes = await loadRuntimes();
  });

  test("drawn networks predict what the library does, and so do their scripts", async () => {
    const run = await exports({ heaviside: { ...library, ...engine }, cli: undefined as never, runtimes });
    for (let seed = 0; seed < howMany(40, 12); seed++) expect(await run(new Draws(seed)), `seed ${seed}`).toBe("agree");
  });

  /** 1 − 2·10⁻⁷ of a normal variable lie within 5.2 deviations: with 4 means, a right file is refused once in a million runs. */
  test.each(names)("layers of binary units sample in %s with the probabilities that they read", async (name) => {
    const runtime = runtimes[name]!;
    const [inputs, first, second, outputs, rows] = [3, 4, 3, 2, 40_000];
    const model = network({
      input: inputs,
      stages: [dense({ units: first, estimator: "disarm" }), dense({ units: second, estimator: "disarm" }), dense({})],
      head: values(outputs),
    });
    const params = model
      .init(2)
      .params.map((layer) =>
        Object.fromEntries(
          Object.entries(layer).map(([name, { data, shape }]) => [
            name,
            array(data.map((_, i) => Math.sin(3 * i + data.length)) as Float32Array, { shape }),
          ]),
        ),
      );
    const x = [0.5, -1, 0.25];
    const affine = (h: readonly number[], { weight, bias }: (typeof params)[number]): number[] =>
      Array.from(bias!.data, (b, j) =>
        h.reduce((sum, value, i) => sum + value * weight!.data[i * bias!.data.length + j]!, b),
      );
    const states = (a: readonly number[]) =>
      Array.from({ length: 2 ** a.length }, (_, code) => {
        const h = a.map((_, i) => (code >> i) & 1);
        return { h, p: a.reduce((p, value, i) => p / (1 + Math.exp(h[i] ? -value : value)), 1) };
      });
    const [one, two, three] = params as [(typeof params)[number], (typeof params)[number], (typeof params)[number]];
    const [mean, square] = [new Float64Array(outputs), new Float64Array(outputs)];
    for (const { h, p } of states(affine(x, one)))
      for (const { h: sent, p: q } of states(affine(h, two)))
        affine(sent, three).forEach((y, i) => {
          mean[i]! += p * q * y;
          square[i]! += p * q * y * y;
        });
    const session = await runtime.InferenceSession.create(toOnnx({ model, params }, { sample: true }), {
      logSeverityLevel: 3,
    });
    const given = Float32Array.from({ length: rows * inputs }, (_, i) => x[i % inputs]!);
    const { value } = await session.run({ x: new runtime.Tensor("float32", given, [rows, inputs]) });
    for (let i = 0; i < outputs; i++) {
      const drawn = Array.from({ length: rows }, (_, row) => value!.data[row * outputs + i]!);
      const variance = square[i]! - mean[i]! ** 2;
      const found = drawn.reduce((sum, y) => sum + y, 0) / rows;
      expect(Math.abs(found - mean[i]!)).toBeLessThan(5.2 * Math.sqrt(variance / rows));
      const spread = drawn.reduce((sum, y) => sum + (y - mean[i]!) ** 2, 0) / rows;
      // The fourth moment of a bounded variable is at most its square of range times variance.
      const range = Math.max(...drawn.map((y) => Math.abs(y - mean[i]!)));
      expect(Math.abs(spread - variance)).toBeLessThan((5.2 * range * Math.sqrt(variance)) / Math.sqrt(rows));
    }
  });

  test.each(names)("any number of examples goes into %s, none and those that open no block too", async (name) => {
    const runtime = runtimes[name]!;
    const model = network({
      input: 4,
      stages: [
        gated({ blocks: 3, width: 2, output: 5, gate: "noisy-rectifier", gater: { name: "dense", hidden: [] } }),
        dense({}),
      ],
      head: classes(2),
    });
    // Scores far below 0: all gates are closed.
    const params = model
      .init(1)
      .params.map((layer) =>
        Object.fromEntries(
          Object.entries(layer).map(([name, own]) => [
            name,
            name === "gaterBias" ? array(own.data.map(() => -9) as Float32Array, { shape: own.shape }) : own,
          ]),
        ),
      );
    const session = await runtime.InferenceSession.create(toOnnx({ model, params }), { logSeverityLevel: 3 });
    for (const rows of [0, 1, 7]) {
      const x = new runtime.Tensor("float32", new Float32Array(4 * rows), [rows, 4]);
      const { probabilities, label } = await session.run({ x });
      expect([probabilities!.dims, label!.dims]).toEqual([[rows, 2], [rows]]);
      expect([...(probabilities!.data as Float32Array)].every((p) => p >= 0 && p <= 1)).toBe(true);
    }
  });
});
