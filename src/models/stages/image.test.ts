/** Stages of images refuse what a stage before them made a sequence of, whose shape may be that of an image. */
import { describe, expect, test } from "vitest";
import { classes, conv, dense, dropout, encode, flatten, gatedConv, globalPool, network, normalise, overTime, perStep, pool, recurrent, residual } from "../index.ts"; // biome-ignore format: one line
import type { StageSpec } from "../stage.ts";

const made = (...stages: StageSpec[]) => network({ input: [6, 5], stages: [...stages, dense({})], head: classes(2) });
const sequences: [string, () => StageSpec, string][] = [
  ["encode", () => encode({ steps: 4, coding: "direct" }), "[4, 30]"],
  ["recurrent", () => recurrent({ cell: { name: "gru" }, units: 3, output: "sequence" }), "[6, 3]"],
  ["per-step", () => perStep({ units: 7 }), "[6, 7]"],
];
const readers: [string, () => StageSpec][] = [
  ["conv", () => conv({ features: 2 })],
  ["pool", () => pool()],
  ["global-pool", () => globalPool()],
  ["gated-conv", () => gatedConv({ features: 2, blocks: 2, gate: "disarm" })],
];

describe.each(sequences)("behind %s", (_, sequence, shape) => {
  test.each(readers)("%s is refused", (kind, reader) => {
    const message = (i: number) =>
      `network: stages[${i}]: ${kind} reads images, a stage before it makes a sequence ${shape}: put ${kind} before that stage`;
    expect(() => made(sequence(), reader())).toThrow(message(1));
    expect(() => made(sequence(), dropout(), normalise(), residual({ stages: [dropout()] }), reader())).toThrow(
      message(4),
    );
    expect(() => made(sequence(), residual({ stages: [reader()] }))).toThrow(
      message(1).replace("[1]", "[1].stages[0]"),
    );
  });

  test("what reads anything is taken", () => {
    expect(() => made(sequence(), flatten(), dropout(), overTime({ reduce: "mean" }))).not.toThrow();
  });
});

test("an image is no sequence where nothing made one of it", () => {
  for (const [, reader] of readers) expect(() => made(dropout(), reader())).not.toThrow();
  const last = recurrent({ cell: { name: "gru" }, units: 3, output: "last" });
  expect(() => made(pool(), last)).not.toThrow();
});

test("what is taken by channels says so where [rows, columns] may be an image or a sequence; an image without channels has one", () => {
  for (const [kind, stage] of [
    ["normalise", normalise],
    ["dropout of channels", () => dropout({ each: "channel" })],
  ] as const) {
    expect(() => made(stage())).toThrow(
      `network: stages[0]: ${kind} reads [6, 5], an image of one channel or a sequence: put it behind a stage that says which, such as conv, or make the input [6, 5, 1]`,
    );
    expect(() => made(residual({ stages: [stage(), conv({ features: 2 })] }))).toThrow(`stages[0].stages[0]: ${kind} reads`); // biome-ignore format: one line
    expect(() => made(pool(), stage())).not.toThrow();
  }
  const around = (features: number) => made(residual({ stages: [conv({ features })] })).layers.find(({ name }) => name === "residual1")!; // biome-ignore format: one line
  expect(around(1).parameters).toEqual([]);
  expect(around(2).parameters.map(({ shape }) => shape)).toEqual([[1, 1, 1, 2]]);
});
