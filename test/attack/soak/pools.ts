import type { Tensor } from "../../../src/index.ts";
import type { Load } from "./load.ts";

/** Backends that are started with two threads, made to compute, and closed; native and wasm take turns. */
export const pools: Load = {
  name: "pools",
  about: "thread pools started, used once and ended: native and wasm take turns, two threads each",
  unit: "pools",
  amount: 40,
  full: 1000,
  async run({ heaviside, marks, mark, amount }) {
    const { backend, compile, matmul, array } = heaviside;
    const a = array(new Float32Array(128 * 128).fill(1), { shape: [128, 128] });
    const due = new Set(marks);
    for (let i = 0; i < amount; i++) {
      const on = await backend(i % 2 === 0 ? "native" : "wasm", { threads: 2 });
      const product = compile((x: Tensor, y: Tensor) => matmul(x, y), { backend: on });
      const { data } = product(a, a);
      if (data[0] !== 128) throw new Error(`soak: a product of ones is ${data[0]}, not 128`);
      await on.close();
      if (due.has(i + 1)) mark(i + 1);
    }
    return undefined;
  },
};
