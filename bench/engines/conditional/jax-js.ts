/**
 * The conditional layer in jax-js, forward and the backward pass written out, compiled as one function. `dense` works every block out
 * and multiplies by the gates; `padded` gathers the open rows of all blocks into one batched product, as long as the fullest block.
 */
import {
  type Conditional,
  type ConditionalInputs,
  conditionalEvidence,
  conditionalInputs,
  conditionalSamples,
} from "../../workloads/conditional.ts";
import { repeat, type Session, unknownForm } from "../engine.ts";
import { paddingOf, withZeroRow } from "./padding.ts";

// biome-ignore lint/suspicious/noExplicitAny: the library's types are installed with it only.
type Jax = any;

interface Form {
  inputs: Jax[];
  /** Its inputs → y, dx, dweight, dout. Each use of an array but the last is a `.ref`. */
  pass(...inputs: Jax[]): Jax[];
}

function dense({ batch, input, blocks, width, output }: Conditional, given: ConditionalInputs, jax: Jax): Form {
  const { numpy: np, nn } = jax;
  const units = blocks * width;
  const mask = new Float32Array(batch * units);
  for (const [pair, gate] of given.gates.entries()) mask.fill(gate, pair * width, (pair + 1) * width);
  const inputs = [
    np.array(given.x, { shape: [batch, input] }),
    np.array(mask, { shape: [batch, units] }),
    np.array(given.weight, { shape: [units, input] }),
    np.array(given.out, { shape: [units, output] }),
    np.array(given.dy, { shape: [batch, output] }),
  ];
  const pass = (x: Jax, gates: Jax, w: Jax, v: Jax, dy: Jax): Jax[] => {
    const h = nn.relu(np.matmul(x.ref, w.ref.transpose())).mul(gates);
    const y = np.matmul(h.ref, v.ref);
    const dh = np.matmul(dy.ref, v.transpose()).mul(h.ref.greater(0).astype(np.float32));
    const dout = np.matmul(h.transpose(), dy);
    const dweight = np.matmul(dh.ref.transpose(), x);
    return [y, np.matmul(dh, w), dweight, dout];
  };
  return { inputs, pass };
}

function padded(task: Conditional, given: ConditionalInputs, jax: Jax): Form {
  const { numpy: np, nn } = jax;
  const { batch, input, blocks, width, output } = task;
  const { rows, examples, opened, pairs } = paddingOf(task, given.gates);
  const inputs = [
    np.array(withZeroRow(given.x, input), { shape: [batch + 1, input] }),
    np.array(given.weight, { shape: [blocks, width, input] }),
    np.array(given.out, { shape: [blocks, width, output] }),
    np.array(withZeroRow(given.dy, output), { shape: [batch + 1, output] }),
    np.array(examples, { shape: [blocks, rows], dtype: np.int32 }),
    np.array(pairs, { shape: [batch, opened], dtype: np.int32 }),
  ];
  /** Each example's pairs summed: those of [blocks, rows, columns] that it opened. */
  const collect = (values: Jax, columns: number, own: Jax): Jax =>
    np
      .concatenate([values.reshape([blocks * rows, columns]), np.zeros([1, columns])])
      .slice(own)
      .sum(1);
  const pass = (x: Jax, w: Jax, v: Jax, dy: Jax, places: Jax, own: Jax): Jax[] => {
    const [xs, dys] = [x.slice(places.ref), dy.slice(places)];
    const turned = (a: Jax): Jax => a.transpose([0, 2, 1]);
    const h = nn.relu(np.matmul(xs.ref, turned(w.ref)));
    const y = collect(np.matmul(h.ref, v.ref), output, own.ref);
    const dh = np.matmul(dys.ref, turned(v)).mul(h.ref.greater(0).astype(np.float32));
    const dout = np.matmul(turned(h), dys);
    const dweight = np.matmul(turned(dh.ref), xs);
    return [y, collect(np.matmul(dh, w), input, own), dweight, dout];
  };
  return { inputs, pass };
}

const forms: Readonly<Record<string, typeof dense>> = { dense, padded };

export function conditionalSession(task: Conditional, form: string, jax: Jax): Session {
  const make = forms[form] ?? unknownForm("jax-js", task, form);
  const { inputs, pass } = make(task, conditionalInputs(task), jax);
  const compiled = jax.jit(pass);
  const run = async (): Promise<Jax[]> => {
    const results = compiled(...inputs.map((array) => array.ref));
    await jax.blockUntilReady(results);
    return results;
  };
  return {
    async evidence() {
      const [y, dx, dweight, dout] = await Promise.all((await run()).map((array) => array.data()));
      return conditionalEvidence(conditionalSamples(task), { y, dx, dweight, dout });
    },
    slice: (seconds) => repeat(async () => (await run()).forEach((array) => void array.dispose()), seconds),
    close() {
      for (const array of inputs) array.dispose();
    },
  };
}
