/** Convolutions and pooling beside PyTorch's, whose numbers are in testing/pytorch.json. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { pythonWith } from "../../test/support/python.ts";
import { avgPool, conv2d, conv2dTranspose, evaluate, gradients, maxPool, mul, sum } from "./index.ts";
import { NdArray, type Shape, sizeOf } from "./ndarray.ts";
import { constant } from "./ops/constant.ts";
import type { Tensor } from "./tensor.ts";
import type { Pair } from "./window.ts";

interface Case {
  readonly op: "conv2d" | "conv2dTranspose" | "maxPool" | "avgPool";
  readonly batch: number;
  readonly input: Pair;
  readonly size: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Pair;
  readonly groups: number;
  readonly channels: number;
  readonly features: number;
  readonly output: Pair;
  readonly outputs: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}
interface Results {
  readonly cases: readonly Case[];
}

/** The formula of pytorch.py. */
const numbers = (seed: number, shape: Shape): Tensor =>
  constant(
    new NdArray(
      Float64Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(seed + 1.7 * k)),
      shape,
    ),
  );

function applied(drawn: Case): { inputs: readonly Tensor[]; y: Tensor } {
  const { op, batch, input, size, stride, dilation, padding, groups, channels, features, output } = drawn;
  const sliding = { stride, dilation, padding };
  const x = numbers(100, [batch, ...input, op === "conv2dTranspose" ? features : channels]);
  if (op === "maxPool") return { inputs: [x], y: maxPool(x, size, sliding) };
  if (op === "avgPool") return { inputs: [x], y: avgPool(x, size, sliding) };
  const w = numbers(200, [...size, channels / groups, features]);
  const inputs = [x, w];
  if (op === "conv2d") return { inputs, y: conv2d(x, w, { ...sliding, groups }) };
  return { inputs, y: conv2dTranspose(x, w, { ...sliding, groups, output }) };
}

/** The largest difference from PyTorch's numbers, relative to 1 + their size. */
function difference(drawn: Case): number {
  const { inputs, y } = applied(drawn);
  const received = evaluate([y, ...gradients(sum(mul(y, numbers(300, y.shape))), inputs)]);
  const wanted = [drawn.outputs, ...drawn.gradients];
  return Math.max(
    ...received.map(({ data }, i) => {
      if (data.length !== wanted[i]!.length) return Number.POSITIVE_INFINITY;
      return Math.max(...Array.from(data, (value, k) => Math.abs(value - wanted[i]![k]!) / (1 + Math.abs(value))));
    }),
  );
}

const fixture: Results = JSON.parse(readFileSync(new URL("testing/pytorch.json", import.meta.url), "utf8"));

test.each(fixture.cases.map((drawn, i) => [drawn.op, i, drawn] as const))("%s %i is PyTorch's", (_, __, drawn) => {
  expect(difference(drawn)).toBeLessThan(1e-13);
});

const python = full ? pythonWith("torch") : undefined;
test.skipIf(python === undefined)("so are others, by the PyTorch that is installed [needs python3-torch]", () => {
  const script = fileURLToPath(new URL("testing/pytorch.py", import.meta.url));
  const { stdout, stderr } = spawnSync(python!, [script, "60"], { encoding: "utf8", maxBuffer: 2 ** 28 });
  expect(stderr).toBe("");
  const { cases }: Results = JSON.parse(stdout);
  expect(cases).toHaveLength(180);
  for (const drawn of cases) expect(difference(drawn), JSON.stringify(drawn).slice(0, 200)).toBeLessThan(1e-13);
});
