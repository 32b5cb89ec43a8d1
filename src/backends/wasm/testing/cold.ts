/** Run by cold.test.ts in a process of its own: the first product on two threads, and the same on one. */
import { compile } from "../../../compile/compile.ts";
import { resident } from "../../../compile/resident.ts";
import { array, matmul, type Tensor } from "../../../graph/index.ts";
import { wasmBackend } from "../wasm.ts";

const wave = (n: number, phase: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + phase));
const a = array(wave(100 * 784, 1), { shape: [100, 784] });
const b = array(wave(784 * 2000, 2), { shape: [784, 2000] });

async function product(threads: number): Promise<Float32Array> {
  const backend = await wasmBackend({ threads });
  const state = resident({ c: array(new Float32Array(100 * 2000).fill(7), { shape: [100, 2000] }) }, { backend });
  const run = compile((_: { c: Tensor }, x: Tensor, y: Tensor) => ({ state: { c: matmul(x, y) } }), { backend });
  // Long enough for the worker to check in, and to fall asleep.
  await new Promise((resume) => setTimeout(resume, 800));
  run(state, a, b);
  return state.read().c.data as Float32Array;
}

const [one, two] = [await product(1), await product(2)];
const different = one.reduce((n, x, i) => n + Number(x !== two[i]), 0);
console.log(`${different} elements differ`);
process.exit(0);
