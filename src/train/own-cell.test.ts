import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defineCell } from "../cells/index.ts";
import { datasetFromArrays } from "../data/index.ts";
import { describe } from "../describe/index.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { add, constant, evaluate, matmul, mul, sub } from "../graph/index.ts";
import { classes, dense, network, type RecurrentOptions, recurrent } from "../models/index.ts";
import { loadModel } from "../predict/load-model.ts";
import { key } from "../random/index.ts";
import { train } from "./train.ts";

const latch = defineCell("latch", ({ gate }: { gate: EstimatorConfig }, { inputs, units }) => ({
  state: { h: units },
  parameters: { W: [inputs, units], U: [units, units], b: [units] },
  decisions: { gate },
  step({ W, U, b }, { h }, { x }, decide) {
    const z = add(matmul(x!, W!), b!);
    const u = decide("gate", add(z, matmul(h!, U!)));
    const next = add(mul(u, h!), mul(sub(1, u), z));
    return { state: { h: next }, output: next };
  },
}));
const n = 40;
const x = Array.from({ length: n }, (_, i) =>
  Array.from({ length: 3 }, (_, t) => [Math.sin(i * 7 + t), Math.cos(i + t)]),
);
const data = datasetFromArrays({ x, label: x.map(([first]) => Number(first![0]! > 0)), lengths: Int32Array.from({ length: n }, (_, i) => 1 + (i % 3)) }); // biome-ignore format: one line

test.each<[EstimatorConfig, Omit<RecurrentOptions, "cell" | "units">]>([
  ["sigmoid", { direction: "both", lengths: "lengths" }],
  ["straight-through", { truncate: 2 }],
  ["disarm", { lengths: "lengths", direction: "backward" }],
])("a cell of one's own with %j and %j trains, and is read back from a checkpoint", async (gate, options) => {
  const cell = latch({ gate });
  const model = network({
    input: [3, 2],
    stages: [recurrent({ cell, units: 4, ...options }), dense({})],
    head: classes(2),
  });
  const runFolder = await mkdtemp(join(tmpdir(), "own-cell-"));
  try {
    const { params } = await train(model, data, { epochs: 1, batch: 8, optimizer: { name: "adam", rate: 0.01 }, runFolder }); // biome-ignore format: one line
    const first = model.init(0).params[0]!.U!;
    expect([...(params[0]!.U! as typeof first).data]).not.toEqual([...first.data]);
    const bytes = await readFile(join(runFolder, "checkpoint.safetensors"));
    const loaded = loadModel(bytes, { cells: { latch } });
    expect(loaded.model.config).toEqual(model.config);
    const read = (from: typeof model, own: typeof loaded.params) =>
      evaluate([
        from.output(own.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, constant(value)]))), constant(data.test.fields.x!), "deterministic", key(1), { lengths: constant(data.test.fields.lengths!) }), // biome-ignore format: one line
      ])[0]!.data;
    expect(read(loaded.model as typeof model, loaded.params)).toEqual(read(model, loaded.params));
    expect(() => loadModel(bytes)).toThrow(/name must be one of lstm, .* \{ cells: \{ latch: … \} \}/);
  } finally {
    await rm(runFolder, { recursive: true });
  }
});

test("a cell of one's own has a state that the next batch may begin with", () => {
  const cell = latch({ gate: "straight-through" });
  const kept = recurrent({ cell, units: 4, carryState: true });
  expect(network({ input: [3, 2], stages: [kept, dense({})], head: classes(2) }).carried).toBeDefined();
});

test("a cell of one's own is described by its shapes, and drawn as a box", () => {
  const cell = latch({ gate: "disarm" });
  const { table, svg } = describe(
    network({ input: [3, 2], stages: [recurrent({ cell, units: 4, direction: "both" }), dense({})], head: classes(2) }),
  );
  expect(table).toContain("latch + disarm");
  expect(table).toMatch(/W \[2, 4\], U \[4, 4\]/);
  // Sentences of a drawing take several lines.
  const said = svg.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  expect(said).toContain("runs its cell latch at each of 3 steps");
  expect(said).toContain("has the same cell with parameters of its own");
});
