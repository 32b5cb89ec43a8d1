import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { pythonWith } from "../../test/support/python.ts";
import { constant, evaluate, gradients, mul, NdArray, type Shape, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { type CellConfig, cellFor } from "./index.ts";
import { unroll } from "./testing/unroll.ts";

const python = full ? pythonWith("torch") : undefined;
const [STEPS, BATCH] = [4, 2];
const sizes = { inputs: 2, units: 3 };
const configs: { readonly [layer: string]: CellConfig } = {
  lstm: { name: "lstm" },
  gru: { name: "gru" },
  rnn: { name: "rnn" },
  "rnn relu": { name: "rnn", estimator: "rectifier" },
};
interface Layer {
  readonly outputs: readonly number[];
  readonly gradients: { readonly [name: string]: readonly number[] };
}
type Results = { readonly [layer: string]: Layer };
const fixture: Results = JSON.parse(readFileSync(new URL("testing/pytorch.json", import.meta.url), "utf8"));

/** The formula of pytorch.py. */
const numbers = (seed: number, shape: Shape): NdArray =>
  new NdArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, k) => 0.8 * Math.sin(seed + 1.7 * k)),
    shape,
  );

/** The largest difference from PyTorch's numbers, relative to 1 + their size. */
function difference(name: string, { outputs, gradients: wanted }: Layer): number {
  const cell = cellFor(configs[name]!, sizes);
  const seeds = Object.keys(wanted);
  const params = Object.fromEntries(
    seeds.map((own, i): [string, Tensor] => {
      const { shape } = cell.parameters.find((parameter) => parameter.name === own)!;
      return [own, constant(numbers(i + 1, shape))];
    }),
  );
  const rows = numbers(100, [STEPS, BATCH * sizes.inputs]);
  const x = Array.from({ length: STEPS }, (_, t) =>
    constant(new NdArray(rows.data.slice(t * BATCH * 2, (t + 1) * BATCH * 2), [BATCH, sizes.inputs])),
  );
  const result = unroll(cell, params, x).outputs;
  const loss = sum(mul(result, constant(numbers(200, [STEPS, BATCH, sizes.units]))));
  const received = evaluate([result, ...gradients(loss, Object.values(params))]);
  const all = [outputs, ...Object.values(wanted)];
  return Math.max(
    ...received.flatMap(({ data }, i) =>
      [...data].map((value, k) => Math.abs(value - all[i]![k]!) / (1 + Math.abs(all[i]![k]!))),
    ),
  );
}

test.each(Object.keys(configs))("%s: outputs and gradients are PyTorch's, in double precision", (name) => {
  expect(difference(name, fixture[name]!)).toBeLessThan(1e-13);
});

test.skipIf(python === undefined)("the PyTorch that is installed gives the same numbers [needs python3-torch]", () => {
  const script = fileURLToPath(new URL("testing/pytorch.py", import.meta.url));
  const { stdout, stderr } = spawnSync(python!, [script], { encoding: "utf8" });
  expect(stderr).toBe("");
  const live: Results = JSON.parse(stdout);
  for (const name of Object.keys(configs)) expect(difference(name, live[name]!)).toBeLessThan(1e-13);
});
