/** Loops beside the same steps written out by hand: the same numbers from the same instructions. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import * as ops from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { distance } from "./testing/distance.ts";
import { nativeSets } from "./testing/native.ts";
import { start } from "./testing/random-program.ts";
import { wasmBackend } from "./wasm/wasm.ts";

type Step = (h: Tensor, x: Tensor) => { readonly carry: Tensor; readonly y: Tensor };

const byHand = (f: Step, first: Tensor, xs: Tensor) => {
  let carry = first;
  const ys: Tensor[] = [];
  for (let t = 0; t < xs.shape[0]!; t++) {
    const step = f(carry, ops.reshape(ops.slice(xs, t, t + 1), xs.shape.slice(1)));
    carry = step.carry;
    ys.push(step.y);
  }
  return { carry, ys: ops.stack(ys) };
};

/** A recurrent layer with noise of its own in each step. */
const layer =
  (w: Tensor): Step =>
  (h, x) => {
    const t = ops.cast(ops.slice(ops.reshape(x, [x.size]), 0, 1).mul(1000), "int32");
    const noise = key(5).fold(ops.reshape(t, [])).uniform(h.shape);
    const a = ops.matmul(h, w).add(x);
    return { carry: ops.sigmoid(a).sub(noise).mul(0.9), y: ops.tanh(a).mul(h) };
  };

const steps = 12;
const arrays = [start([40, 40], 0), start([7, 40], 1), start([steps, 7, 40], 2)] as const;
const looped = (w: Tensor, h: Tensor, xs: Tensor) => ops.scan(layer(w), h, xs);
const unrolled = (w: Tensor, h: Tensor, xs: Tensor) => byHand(layer(w), h, xs);

const gradientsOf =
  (loop: typeof looped) =>
  (w: Tensor, h: Tensor, xs: Tensor): Tensor[] => {
    const { carry, ys } = loop(w, h, xs);
    return ops.gradients(ops.add(carry.square().sum(), ys.square().sum()), [w, h]);
  };

const kinds: readonly { name: string; begin: () => Promise<Backend> }[] = [
  { name: "reference", begin: async () => referenceBackend() },
  { name: "wasm", begin: () => wasmBackend({ threads: 2 }) },
  ...nativeSets.slice(-1).map((instructionSet) => ({
    name: `native ${instructionSet}`,
    begin: () => nativeBackend({ threads: 2, instructionSet }),
  })),
];

describe.each(kinds)("a scan on $name", ({ begin }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await begin();
  });
  afterAll(() => backend.close());

  test("gives what its steps written out give, bit for bit", () => {
    const [received, wanted] = [looped, unrolled].map((f) => compile(f, { backend })(...arrays));
    expect(received!.carry.data).toEqual(wanted!.carry.data);
    expect(received!.ys.data).toEqual(wanted!.ys.data);
  });

  test("has their gradient to a rounding", () => {
    const run = (f: typeof looped) => compile(gradientsOf(f), { backend })(...arrays) as unknown as NdArray[];
    const [received, wanted] = [run(looped), run(unrolled)];
    received.forEach(({ data }, i) => {
      const scale = Math.max(...wanted[i]!.data.map(Math.abs));
      data.forEach((g, at) => expect(Math.abs(g - wanted[i]!.data[at]!)).toBeLessThan(2e-6 * scale));
    });
  });
});

test("a scan of 1,000 steps is planned and runs forward and back", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const f = (a: Tensor) => {
    const { carry } = ops.scan((h: Tensor) => ({ carry: h.mul(a), y: {} }), ops.constant(2), {}, { length: 1000 });
    return [carry, ...ops.gradients(carry, [a])];
  };
  const [value, slope] = compile(f, { backend })(0.999 as never) as unknown as NdArray[];
  expect(value!.item() / (2 * 0.999 ** 1000)).toBeCloseTo(1, 4);
  expect(slope!.item() / (2000 * 0.999 ** 999)).toBeCloseTo(1, 4);
  await backend.close();
});

/** Steps of every kind: [units, f]; which of them have rows that don't depend on each other. */
const cells: readonly { name: string; units: number; rows: "all" | "backward" | "none"; f: (p: Cell) => Step }[] = [
  { name: "four products in one tape", units: 33, rows: "all", f: lstmLike },
  {
    name: "sums longer than a block",
    units: 530,
    rows: "all",
    f:
      ({ w }) =>
      (h, x) =>
        both(ops.tanh(ops.matmul(h, w).add(x))),
  },
  { name: "noise of each step", units: 20, rows: "backward", f: noisy },
  {
    name: "a softmax of each row",
    units: 17,
    rows: "all",
    f:
      ({ w, v }) =>
      (h, x) =>
        both(ops.softmax(ops.matmul(h, w).add(x)).mul(v)),
  },
  { name: "spikes, of which few rows are read", units: 71, rows: "all", f: spiking },
  { name: "parts put together", units: 12, rows: "all", f: halves },
  {
    name: "rows that meet",
    units: 19,
    rows: "none",
    f:
      ({ w }) =>
      (h, x) =>
        both(ops.tanh(ops.matmul(h, w).add(x)).sub(h.mean(0))),
  },
  { name: "a loop in the step", units: 9, rows: "none", f: nested },
  {
    name: "a look-up",
    units: 8,
    rows: "none",
    f:
      ({ w, index }) =>
      (h, x) =>
        both(ops.gather(w, ops.argmax(h, 1).add(index).mul(0)).add(x).mul(ops.tanh(h))),
  },
];

interface Cell {
  readonly w: Tensor;
  readonly v: Tensor;
  readonly index: Tensor;
}

const both = (y: Tensor) => ({ carry: y, y });

function lstmLike({ w, v }: Cell): Step {
  const transposed = ops.transpose(w);
  return (h, x) => {
    const gates = [w, transposed, w.mul(0.5), w.sub(0.01)].map((m) => ops.sigmoid(ops.matmul(h, m).add(x).add(v)));
    const [i, f, g, o] = gates as [Tensor, Tensor, Tensor, Tensor];
    const c = f.mul(h).add(i.mul(g));
    return { carry: o.mul(ops.tanh(c)), y: c };
  };
}

function noisy({ w }: Cell): Step {
  const draws = (h: Tensor, t: Tensor) => key(7).fold(t).fold(2).uniform(h.shape);
  return (h, x) => {
    const t = ops.cast(ops.reshape(ops.slice(x, [0, 0], [1, 1]), []).mul(0), "int32");
    return both(ops.matmul(h, w).add(x).mul(draws(h, t)));
  };
}

/** Of some rows nothing spikes, of some most: both ways to multiply are taken. */
function spiking({ w, v }: Cell): Step {
  return (h, x) => {
    const rare = ops.greater(x.add(h.mul(0.1)), ops.matmul(x, w).mul(0).add(1.9));
    const often = ops.greater(x.add(h), 0);
    return both(ops.sparseMatmul(rare, w).add(ops.sparseMatmul(often, w).mul(v)).mul(0.1).add(h.mul(0.5)));
  };
}

function halves({ w }: Cell): Step {
  return (h, x) => {
    const [n, k] = h.shape as [number, number];
    const [left, right] = [ops.slice(h, [0, 0], [n, k / 2]), ops.slice(h, [0, k / 2], [n, k])];
    return both(ops.tanh(ops.matmul(ops.concat([right, left.mul(x.mean(1, { keep: true }))], 1), w)));
  };
}

function nested({ w }: Cell): Step {
  return (h, x) => {
    const inner = ops.scan((c: Tensor) => both(ops.tanh(ops.matmul(c, w).add(x))), h, {}, { length: 3 });
    return { carry: inner.carry, y: inner.ys.sum(0) };
  };
}

type Given = readonly [w: Tensor, v: Tensor, h: Tensor, xs: Tensor, index: Tensor];

const givenFor = (units: number, rows: number, length: number) =>
  [
    start([units, units], 0),
    start([units], 3),
    start([rows, units], 1),
    start([length, rows, units], 2),
    ops.array(Int32Array.from({ length: rows }, (_, i) => (3 * i) % units)),
  ] as const;

const runOf =
  (f: (p: Cell) => Step, options: ops.ScanOptions = {}) =>
  (...[w, v, h, xs, index]: Given) => {
    const { carry, ys } = ops.scan(f({ w, v, index }), h, xs, options);
    const loss = ops.add(carry.square().sum(), ys.square().sum());
    return [carry, ys, ...ops.gradients(loss, [w, v, h, xs])];
  };

const valuesOf = (backend: Backend, f: ReturnType<typeof runOf>, given: ReturnType<typeof givenFor>) =>
  compile(f as never, { backend })(...(given as unknown as [])) as unknown as NdArray[];

describe("a loop", () => {
  const backends: { kind: string; backend: Backend }[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) backends.push({ kind: "wasm", backend: await wasmBackend({ threads }) });
    for (const kind of nativeSets)
      for (const threads of [1, 3])
        backends.push({ kind, backend: await nativeBackend({ threads, instructionSet: kind }) });
  });
  afterAll(async () => {
    for (const { backend } of backends) await backend.close();
  });

  describe.each(cells)("over $name", ({ units, rows, f }) => {
    const rowsOf = units > 500 ? 3 : 7;
    const given = givenFor(units, rowsOf, 5);
    test.each([false, true])("gives what the reference gives, gradients too, reverse: %s", (reverse) => {
      const wanted = valuesOf(referenceBackend(), runOf(f, { reverse }), given);
      const byKind = new Map<string, NdArray[]>();
      for (const { kind, backend } of backends) {
        const received = valuesOf(backend, runOf(f, { reverse }), given);
        received.forEach(({ data }, i) => {
          expect(distance(data, wanted[i]!.data), `output ${i}`).toBeLessThan(2e-5);
        });
        // The same bits for any number of threads.
        const before = byKind.get(kind);
        if (before) received.forEach((x, i) => expect(x.data).toEqual(before[i]!.data));
        byKind.set(kind, received);
      }
    });

    test("with recompute gives the same", () => {
      const { backend } = backends[0]!;
      const [kept, again] = [false, true].map((recompute) => valuesOf(backend, runOf(f, { recompute }), given));
      kept!.forEach(({ data }, i) => {
        expect(distance(data, again![i]!.data)).toBeLessThan(1e-6);
      });
    });

    test(rows === "none" ? "shares each step" : "takes all steps for some rows at a time", () => {
      const compiled = compile(runOf(f) as never, { backend: backends[0]!.backend });
      const plan = compiled.plan(...(given as unknown as []));
      const loops = plan.match(/loop of 5 steps.*? {2}/g)!;
      expect(loops).toHaveLength(2);
      const by = loops.map((loop) => loop.includes(`for each of ${rowsOf} rows`));
      expect(by).toEqual([rows === "all", rows !== "none"]);
    });
  });
});

test("a loop's plan has as many instructions however long it is, and reads xs where they lie", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const planOf = (length: number) => {
    const [w, , h, xs] = givenFor(8, 3, length);
    const f = (w: Tensor, h: Tensor, xs: Tensor) =>
      ops.scan((c, x) => both(ops.tanh(ops.matmul(c, w).add(x))), h, xs).ys;
    return compile(f, { backend }).plan(w, h, xs);
  };
  expect(planOf(300).split("\n").length).toBe(planOf(3).split("\n").length);
  expect(planOf(3)).not.toMatch(/gemm/);
  await backend.close();
});

test("products with rows of xs, and keys, are computed for all steps at once", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const f = (w: Tensor, h: Tensor, xs: Tensor) =>
    ops.scan(
      (c, { x, t }: { x: Tensor; t: Tensor }) =>
        both(c.add(ops.matmul(x, w)).mul(key(3).fold(t).fold(1).uniform(c.shape))),
      h,
      { x: xs, t: ops.arange(xs.shape[0]!, "int32") },
    ).ys;
  const [w, , h, xs] = givenFor(8, 3, 4);
  const plan = compile(f, { backend }).plan(w, h, xs);
  expect(plan).toMatch(/gemm \[12, 8\]/);
  expect(plan).toMatch(/foldKey 4 ×/);
  expect(plan).toMatch(/for each of 3 rows/);
  const [received, wanted] = [backend, referenceBackend()].map((on) => compile(f, { backend: on })(w, h, xs));
  expect(distance(received!.data, wanted!.data)).toBeLessThan(1e-6);
  await backend.close();
});

test("of a sparse product's rows each is skipped by itself: empty, of few numbers, or whole, bit for bit", async () => {
  const [rows, k, n] = [23, 40, 50];
  const kinds = (r: number, i: number): boolean => [false, i % 11 === r % 11, true][((r * r) % 7) % 3]!;
  const x = start([rows, k], 6);
  x.data.forEach((_, i) => {
    if (!kinds(Math.floor(i / k), i % k)) x.data[i] = 0;
  });
  const w = start([k, n], 4);
  const looped = (product: typeof ops.matmul) => (s: Tensor, m: Tensor) =>
    ops.scan(
      (c: Tensor) => both(product(s.add(c.mul(0).sum(1, { keep: true })), m).add(c.mul(0))),
      ops.broadcastTo(ops.constant(0), [rows, n]),
      {},
      { length: 2 },
    ).carry;
  const backends = [await wasmBackend({ threads: 2 })];
  for (const instructionSet of nativeSets) backends.push(await nativeBackend({ threads: 1, instructionSet }));
  for (const backend of backends) {
    const [sparse, dense] = [ops.sparseMatmul, ops.matmul].map((product) =>
      compile(looped(product), { backend })(x, w),
    );
    expect(sparse!.data).toEqual(dense!.data);
    await backend.close();
  }
});

test("a carry that is what another one was keeps a history of its own", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const f = (a: Tensor, b: Tensor, xs: Tensor) => {
    const { ys } = ops.scan(
      (c: { a: Tensor; b: Tensor }, x: Tensor) => ({
        carry: { a: c.a.mul(0.5).add(x), b: c.a },
        y: c.a.add(c.b.mul(0)),
      }),
      { a, b },
      xs,
    );
    const plain = ops.scan(
      (c: { a: Tensor; b: Tensor }, x: Tensor) => ({ carry: { a: c.a.mul(0.5).add(x), b: c.a }, y: c.a }),
      { a, b },
      xs,
    );
    return [ys, plain.ys, plain.carry.b, ...ops.gradients(plain.ys.square().sum(), [a, xs])];
  };
  const given = [start([3, 4], 0), start([3, 4], 1), start([5, 3, 4], 2)] as const;
  const [received, wanted] = [backend, referenceBackend()].map(
    (on) => compile(f, { backend: on })(...given) as unknown as NdArray[],
  );
  received!.forEach(({ data }, i) => expect(distance(data, wanted![i]!.data)).toBeLessThan(1e-6));
  await backend.close();
});

test("an index that names no row fails in a loop as outside, and changes no state", async () => {
  const backend = await wasmBackend({ threads: 2 });
  const state = resident({ n: ops.array([1]) }, { backend });
  const f = compile(
    (s: { n: Tensor }, table: Tensor, index: Tensor) => {
      const { carry } = ops.scan(
        (c: Tensor, i: Tensor) => ({ carry: c.add(ops.gather(table, i).sum(0)), y: {} }),
        ops.constant(ops.array([0, 0])),
        index,
      );
      return { state: { n: s.n.add(1) }, sum: carry };
    },
    { backend },
  );
  const table = ops.array([
    [1, 2],
    [3, 4],
  ]);
  expect(() => f(state as never, table as never, new ops.NdArray(Int32Array.of(0, 1, 7), [3, 1]) as never)).toThrow(
    /gather: .*7/,
  );
  expect([...state.read().n.data]).toEqual([1]);
  await backend.close();
});

test("a state that decays from step to step ends at 0, not at the smallest number that is not", async () => {
  const [, , h] = givenFor(40, 7, 1);
  const decayed = (h: Tensor) =>
    ops.scan((c: Tensor) => both(c.mul(0.6).add(c.mul(0.1))), h, {}, { length: 400 }).carry;
  const begun = nativeSets.map((instructionSet) => nativeBackend({ threads: 1, instructionSet }));
  for (const backend of await Promise.all<Backend>([wasmBackend({ threads: 1 }), ...begun])) {
    expect(compile(decayed, { backend })(h).data.every((x) => x === 0)).toBe(true);
    await backend.close();
  }
});

test("scans of no step and of one", async () => {
  const backend = await wasmBackend({ threads: 1 });
  for (const length of [0, 1]) {
    const given = givenFor(6, 2, length);
    const wanted = valuesOf(referenceBackend(), runOf(lstmLike), given);
    valuesOf(backend, runOf(lstmLike), given).forEach(({ data }, i) => {
      data.forEach((x, at) => expect(x).toBeCloseTo(wanted[i]!.data[at]!, 5));
    });
  }
  await backend.close();
});
