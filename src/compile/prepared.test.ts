/** What a step sees and leaves behind when its arguments share arrays, and when it throws. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { nativeBackend } from "../backends/native/native.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { nativeSets } from "../backends/testing/native.ts";
import { anyLine, follow, type Line, shapes, start } from "../backends/testing/random-program.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { UserError } from "../errors.ts";
import { add, array, concat, gather, matmul, mean, mul, NdArray, type Shape, sameShape, scatterAdd, slice, type Tensor, transpose } from "../graph/index.ts"; // biome-ignore format: one line
import { compile } from "./compile.ts";
import { Resident, resident } from "./resident.ts";

type Tensors = { readonly [name: string]: Tensor };
type Call = ((...args: unknown[]) => { readonly [name: string]: NdArray }) & { plan(...args: unknown[]): string };

const kinds = ["reference", "wasm", ...(nativeSets.length > 0 ? ["native"] : [])];
const backends = new Map<string, Backend>();
beforeAll(async () => {
  backends.set("reference", referenceBackend());
  backends.set("wasm", await wasmBackend({ threads: 2 }));
  if (nativeSets.length > 0) backends.set("native", await nativeBackend({ threads: 2 }));
});
afterAll(() => Promise.all([...backends.values()].map((backend) => backend.close())));

const ints = (...values: number[]): NdArray => new NdArray(Int32Array.from(values), [values.length]);
const held = (state: Resident<unknown>): unknown => {
  const read = state.read() as unknown as Readonly<Record<string, NdArray>>;
  return Object.fromEntries(Object.entries(read).map(([name, x]) => [name, x.toNested()]));
};

describe.each(kinds)("on %s", (kind) => {
  const on = (values: Readonly<Record<string, NdArray>>) => resident(values, { backend: backends.get(kind)! });
  const made = (f: (...args: never[]) => unknown): Call =>
    compile(f as (...args: unknown[]) => unknown, { backend: backends.get(kind)! }) as unknown as Call;

  test("a state that is also another argument is read as it was before the step", () => {
    const step = made((p: Tensors, q: Tensors) => {
      const w = p.w!.add(1);
      return { state: { w }, y: matmul(w, q.w!) };
    });
    const identity = array([[1, 0], [0, 1]]); // biome-ignore format: a matrix
    const state = on({ w: identity });
    expect(step(state, state).y!.toNested()).toEqual([[2, 1], [1, 2]]); // biome-ignore format: a matrix
    expect(held(state)).toEqual({ w: [[2, 1], [1, 2]] }); // biome-ignore format: a matrix
    // The same function with arguments that share nothing, and then again with those that do.
    expect(step(state, on({ w: identity })).y!.toNested()).toEqual([[3, 2], [2, 3]]); // biome-ignore format: a matrix
    expect(step(state, state).y!.toNested()).toEqual([[18, 17], [17, 18]]); // biome-ignore format: a matrix
  });

  test("so is one inside of a tree, a part of it in another resident, and both at once", () => {
    const step = made((p: Tensors, { frozen, part }: { frozen: Tensors; part: Tensor }) => {
      const w = mul(p.w!, 2);
      return { state: { w, b: add(p.b!, 1) }, y: add(matmul(w, frozen.w!), part), b: frozen.b! };
    });
    const state = on({ w: array([[1, 2], [3, 4]]), b: array([7]) }); // biome-ignore format: a matrix
    const part = new Resident<Tensor>((state.tree as never as { w: never }).w, state.backend);
    const seen = step(state, { frozen: state, part });
    expect(seen.y!.toNested()).toEqual([[15, 22], [33, 48]]); // biome-ignore format: a matrix
    expect(seen.b!.toNested()).toEqual([7]);
    expect(held(state)).toEqual({ w: [[2, 4], [6, 8]], b: [8] }); // biome-ignore format: a matrix
  });

  test("the gradient with respect to one of two arguments that are one array is that one's alone", () => {
    const step = made((p: Tensors, q: Tensors) => ({
      state: { w: p.w!.sub(mul(q.w!, p.w!)) },
      twice: add(p.w!, q.w!),
    }));
    const state = on({ w: array([3, 5]) });
    expect(step(state, state).twice!.toNested()).toEqual([6, 10]);
    expect(held(state)).toEqual({ w: [-6, -20] });
  });

  test("outputs that are the old state, the new one or a view of either are copies with the right values", () => {
    const step = made((p: Tensors, q: Tensors) => {
      const w = transpose(p.w!).add(q.w!);
      const [old, turned, part] = [q.w!, transpose(q.w!), slice(q.w!, [1], [2])];
      return { state: { w }, old, turned, part, next: w, nextTurned: transpose(w), nextPart: slice(w, [0, 1], [2, 2]) };
    });
    const state = on({ w: array([[1, 2], [3, 4]]) }); // biome-ignore format: a matrix
    const seen = step(state, state);
    const wanted = { old: [[1, 2], [3, 4]], turned: [[1, 3], [2, 4]], part: [[3, 4]], next: [[2, 5], [5, 8]], nextTurned: [[2, 5], [5, 8]], nextPart: [[5], [8]] }; // biome-ignore format: matrices
    const nested = () => Object.fromEntries(Object.entries(seen).map(([name, x]) => [name, x.toNested()]));
    expect(nested()).toEqual(wanted);
    step(state, state);
    expect(nested()).toEqual(wanted);
  });

  test("swapped states swap also where another argument shares them", () => {
    const swap = made((p: Tensors, q: Tensors) => ({ state: { a: q.b!, b: p.a! }, both: concat([q.a!, p.b!], 0) }));
    const state = on({ a: array([1, 2]), b: array([3, 4]) });
    expect(swap(state, state).both!.toNested()).toEqual([1, 2, 3, 4]);
    expect(held(state)).toEqual({ a: [3, 4], b: [1, 2] });
  });

  test("one array at two places of a state is refused where they get different values, and nothing changes", () => {
    const first = on({ a: array([1, 2]) });
    const { a } = first.tree as never as { a: never };
    const twice = new Resident<Tensors>({ a, b: a } as never, first.backend);
    const message =
      /^compile: state a and b are one array on the backend and get different values: give each an array of its own$/;
    for (const next of [
      (p: Tensors) => ({ a: p.a!.add(1), b: p.b!.add(2) }),
      (p: Tensors) => ({ a: p.a!.add(1), b: p.b! }),
      (p: Tensors) => ({ a: p.a!, b: p.a!.add(1) }),
    ])
      expect(() => made((p: Tensors) => ({ state: next(p) }))(twice)).toThrow(message);
    expect(() => twice.write({ a: array([1, 2]), b: array([1, 3]) } as never)).toThrow(
      /^write: a and b are one array on the backend, received two values for it$/,
    );
    expect(held(twice)).toEqual({ a: [1, 2], b: [1, 2] });
    // One value for both is no contradiction; keeping and swapping change nothing.
    made((p: Tensors) => ({ state: { a: p.b!, b: p.a! } }))(twice);
    made((p: Tensors) => {
      const sum = p.a!.add(p.b!);
      return { state: { a: sum, b: sum } };
    })(twice);
    twice.write(twice.read());
    expect(held(first)).toEqual({ a: [2, 4] });
  });

  test("arguments that share arrays cost one more plan, and calls that share none keep theirs", () => {
    let traces = 0;
    const step = made((p: Tensors, q: Tensors) => {
      traces++;
      return { state: { w: p.w!.add(q.w!) } };
    });
    const [one, other] = [on({ w: array([1]) }), on({ w: array([10]) })];
    for (let i = 0; i < 3; i++) {
      step(one, one);
      step(one, other);
    }
    expect(held(one)).toEqual({ w: [78] });
    expect(traces).toBe(1);
  });

  test("a step that meets a bad index leaves the state as it was", () => {
    const bump = (p: Tensors, index: Tensor) => ({
      table: gather(p.table!, index).add(1),
      n: p.n!.add(1),
      v: mul(p.v!, 2),
    });
    const steps: { readonly [name: string]: (p: Tensors, index: Tensor) => object } = {
      "read by an output": (p, index) => ({ state: { ...p, v: p.v!.add(1), n: p.n!.add(1) }, y: gather(p.table!, index) }),
      "that becomes the state itself": (p, index) => ({ state: { ...p, table: gather(p.table!, index) } }),
      "found on the way": (p, index) => ({ state: bump(p, index.add(p.n!)) }),
      "of a sum": (p, index) => ({ state: { ...p, table: scatterAdd(p.table!, index, 3), v: p.v!.sub(1) } }),
      "read after the new state": (p, index) => {
        const table = p.table!.add(1);
        return { state: { ...p, table }, y: gather(table, index) };
      },
    }; // biome-ignore format: short
    for (const [name, f] of Object.entries(steps)) {
      const step = made(f as never);
      const state = on({ table: array([[1, 2], [3, 4], [5, 6]]), n: ints(0, 0, 0), v: array([1, 1]) }); // biome-ignore format: a matrix
      const before = held(state);
      for (const bad of [3, -1, 2 ** 31 - 1]) {
        const message = new RegExp(`an index must be a whole number from 0 to 2, received ${bad}$`);
        expect(() => step(state, ints(0, bad, 1)), name).toThrow(UserError);
        expect(() => step(state, ints(0, bad, 1)), name).toThrow(message);
        expect(held(state), name).toEqual(before);
      }
      step(state, ints(0, 2, 1));
      expect(held(state), name).not.toEqual(before);
    }
  });
});

interface Case {
  readonly states: Shape[];
  readonly lines: Line[];
  readonly picks: number[];
  /** Of each further argument the state it is, or none: an array of its own like that state. */
  readonly shared: { readonly state: number; readonly own: boolean }[];
  readonly rows: number[];
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  states: fc.array(fc.constantFrom(...shapes.filter((shape) => shape.length < 3)), { minLength: 1, maxLength: 4 }),
  lines: fc.array(anyLine, { minLength: 1, maxLength: 10 }),
  picks: fc.array(fc.nat(99), { minLength: 4, maxLength: 4 }),
  shared: fc.array(fc.record({ state: fc.nat(3), own: fc.boolean() }), { maxLength: 3 }),
  rows: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
});

/** Runs a case for some steps; with `apart`, what is shared is handed over as a copy. An error is part of what is seen. */
function run(backend: Backend, { states, lines, picks, shared, rows }: Case, apart = false): unknown[] {
  const state = resident(states.map(start), { backend });
  const of = ({ state: at, own }: Case["shared"][number], i: number): unknown => {
    const storage = state.storages[at % states.length]!;
    if (own) return start(storage.shape, 7 + i);
    return apart ? new NdArray(backend.read(storage), storage.shape) : new Resident(storage, backend);
  };
  const step = compile(
    (old: readonly Tensor[], others: readonly Tensor[], index: Tensor) => {
      const values = [...old, ...others];
      for (const line of lines) {
        const next = follow(values, line);
        if (next) values.push(next);
      }
      const last = values.at(-1)!;
      const looked = last.rank > 0 ? mean(gather(last, index), 0) : last;
      const next = old.map((s, i) => {
        const fit = values.filter((v) => sameShape(v.shape, s.shape));
        return fit[(fit.length - 1 - (picks[i]! % 4) + 4 * fit.length) % fit.length]!;
      });
      return { state: next, last, looked, given: others };
    },
    { backend },
  ) as unknown as (...args: unknown[]) => { last: NdArray; looked: NdArray; given: NdArray[] };
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    try {
      const { last, looked, given } = step(state, shared.map(of), ints(...rows.map((row) => Math.min(row, 1 + i))));
      seen.push(last, looked, ...given);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      seen.push((error as UserError).message);
    }
    seen.push(...(state.read() as unknown as NdArray[]));
  }
  return seen;
}

test("random programs whose arguments share arrays with the state, and throw at times, do what they do on copies", () => {
  let [thrown, shared] = [0, 0];
  fc.assert(
    fc.property(anyCase, (given) => {
      const wanted = run(referenceBackend(), given, true);
      thrown += Number(wanted.some((x) => typeof x === "string"));
      shared += Number(given.shared.some(({ own }) => !own));
      for (const kind of kinds)
        run(backends.get(kind)!, given).forEach((x, k) => {
          const want = wanted[k];
          if (typeof x === "string" || typeof want === "string") return expect(x, kind).toBe(want);
          (x as NdArray).data.forEach((v, i) => {
            const exact = (want as NdArray).data[i]!;
            if (!(Math.abs(v - exact) <= 1e-4 * (1 + Math.abs(exact))))
              expect.fail(`${kind}: array ${k} at ${i}: ${v}, not ${exact}`);
          });
        });
    }),
    { seed: 5, numRuns: 60 },
  );
  expect(Math.min(thrown, shared)).toBeGreaterThan(5);
});
