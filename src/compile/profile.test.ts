/** Where the time of a call goes: of what is computed, on every backend, without a trace of it in what the arguments hold. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { nativeBackend } from "../backends/native/native.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { nativeSets } from "../backends/testing/native.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import {
  array,
  constant,
  gather,
  gradients,
  matmul,
  mean,
  mul,
  square,
  sub,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { inPart, withParts } from "../graph/part.ts";
import { compile } from "./compile.ts";
import { profile, profileOf } from "./profile.ts";
import { resident } from "./resident.ts";

const backends: Backend[] = [referenceBackend()];
beforeAll(async () => {
  backends.push(await wasmBackend({ threads: 1 }));
  if (nativeSets.length > 0) backends.push(await nativeBackend({ threads: 2 }));
});
afterAll(async () => {
  for (const backend of backends) await backend.close();
});

interface State {
  readonly w: Tensor;
  readonly v: Tensor;
}

/** Descent on a product, with a look-up that may name no row. */
const step = (state: State, x: Tensor, rows: Tensor) => {
  const y = inPart(
    () => "the layer",
    () => tanh(matmul(x, state.w)),
  );
  const loss = mean(square(y));
  const [grad] = gradients(loss, [state.w]);
  const picked = gather(state.v, rows);
  return { state: { w: sub(state.w, mul(grad!, 0.1)), v: state.v.add(1) }, loss, picked };
};
const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
const x = array(numbers(6 * 5), { shape: [6, 5] });
const made = (backend: Backend) =>
  resident<State>({ w: array(numbers(35), { shape: [5, 7] }), v: array(numbers(4)) }, { backend });

describe("a profile", () => {
  test("names each instruction's ops by the parts they were made in, and says what they have to do", () => {
    for (const backend of backends) {
      const state = made(backend);
      const run = compile(step, { backend });
      const found = profile(run, state, x, array(Int32Array.of(3, 0)));
      expect(found.runs).toBeGreaterThanOrEqual(5);
      expect(found.seconds).toBeGreaterThan(0);
      const { instructions } = found;
      expect(instructions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(instructions.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(found.secondsApart, 12);
      // Forward, and the gradient of the weights.
      expect(instructions.map(({ multiplyAdds }) => multiplyAdds).filter((n) => n > 0)).toEqual([210, 210]);
      const [forward, backward] = instructions.filter(({ multiplyAdds }) => multiplyAdds > 0);
      expect(forward!.computes).toMatch(/^the layer: matmul/);
      expect(backward!.computes).toMatch(/^derivative of the layer: .*matmul/);
      const lines = String(found).split("\n");
      expect(lines[0]).toMatch(/^a call takes [\d.]+ µs; its \d+ instructions, one by one, [\d.]+ µs/);
      expect(lines).toHaveLength(instructions.length + 2);
    }
  }, 20_000);

  test("leaves everything as it was, also where an argument is a part of the state, and throws what the call throws", () => {
    for (const backend of backends) {
      const [profiled, twin] = [made(backend), made(backend)];
      const sharing = (state: State, x: Tensor, rows: Tensor, same: Tensor) => {
        const { loss, ...next } = step(state, x, rows);
        return { ...next, loss: loss.add(mean(same)) };
      };
      const run = compile(sharing, { backend });
      const rows = array(Int32Array.of(3, 0));
      profile(run, profiled, x, rows, profiled.part("v"));
      expect(profiled.read()).toEqual(twin.read());
      expect(run(profiled, x, rows, profiled.part("v"))).toEqual(run(twin, x, rows, twin.part("v")));
      expect(profiled.read()).toEqual(twin.read());
      expect(profiled.read()).not.toEqual(made(backend).read());
      expect(() => profile(run, profiled, x, array(Int32Array.of(3, 4)), profiled.part("v"))).toThrow(
        "gather: an index must be a whole number from 0 to 3, received 4",
      );
      expect(profiled.read()).toEqual(twin.read());
    }
  }, 20_000);
});

test("a long program shows the instructions that take longest, in their order", () => {
  const { result, parts } = withParts(() =>
    inPart(
      () => "here",
      () => constant(1).add(2),
    ),
  );
  const work = { multiplyAdds: 500, steps: 0, bytes: 2000, footprint: 2000, isAtMost: true };
  const instructions = Array.from({ length: 43 }, (_, i) => ({
    ...{ text: `one ${i}`, tensors: [result], work, seconds: [1, 2, i === 7 || i === 20 ? 1e-6 : 1e-3 * (i + 1)] },
  }));
  instructions.forEach((x) => x.seconds.shift());
  const text = String(profileOf({ seconds: [1, 3, 2], instructions }, parts)).split("\n");
  expect(text[0]).toMatch(/^a call takes 2000000.0 µs; its 43 instructions, .*\(medians of 3 runs\)$/);
  expect(text).toHaveLength(43);
  expect(text.at(-1)).toMatch(/^3 instructions more: /);
  expect(text[2]).toContain("one 1 ");
  expect(text.join("\n")).not.toMatch(/one (0|7|20) /);
  expect(text.at(-2)).toMatch(/^42 .* {2}≤ [\d.e-]+ {2}≤ [\d.e-]+ {2}one 42 .*here: add$/);
});
