import { describe, expect, test } from "vitest";
import { datasetFromArrays } from "../data/index.ts";
import { tableFrom } from "../data/table.ts";
import { resolveConfig } from "./config.ts";
import { type ConfigFlags, overlay } from "./flags.ts";
import { layerNames, modelFor } from "./make.ts";
import { withUsual } from "./usual.ts";

const data = datasetFromArrays({
  x: Array.from({ length: 12 }, (_, i) => [i, i + 1, i + 2, i + 3]),
  label: Array.from({ length: 12 }, (_, i) => i % 3),
});

describe("the stages of a network from a config", () => {
  test.each<[string, object[], string[], string[]]>([
    [
      "units at the end are followed by the layer that the head reads",
      [{ kind: "dense", units: 5, estimator: "disarm" }],
      ["dense1 dense + disarm 5", "output dense 3"],
      ["5-disarm"],
    ],
    [
      "a linear layer at the end is that layer",
      [{ kind: "dense", units: 5 }, { kind: "dense", units: 2, estimator: "tanh" }, { kind: "dense" }],
      ["dense1 dense 5", "dense2 dense + tanh 2", "dense3 dense 3"],
      ["dense-5", "2-tanh", "dense"],
    ],
    [
      "and so it is behind a cell",
      [
        { kind: "recurrent", cell: { name: "gru" }, units: 4 },
        { kind: "dense", units: 3, name: "scores" },
      ],
      ["recurrent1 gru 4", "scores dense 3"],
      ["gru-4", "dense-3"],
    ],
  ])("%s", (_, stages, rows, names) => {
    const model = { name: "network", stages } as Parameters<typeof layerNames>[0];
    expect(modelFor({ model }, data).layers.map(({ name, kind, output }) => `${name} ${kind} ${output}`)).toEqual(rows);
    expect(layerNames(model)).toEqual(names);
  });

  test("a linear layer at the end of other units than the head reads is refused", () => {
    expect(() => modelFor({ model: { name: "network", stages: [{ kind: "dense", units: 5 }] } }, data)).toThrow(
      "network: the head classes reads [3], the last stage outputs [5]: end with dense({ units: 3 })",
    );
  });
});

describe("what is usual", () => {
  const optimizer = (flags: ConfigFlags, base = {}): object =>
    resolveConfig(overlay(withUsual(base, flags), flags), "train").training.optimizer;

  test.each(["conv", "lenet", "vgg", "resnet"])("for %s is Adam, unless an optimizer is named", (model) => {
    expect(optimizer({ model })).toMatchObject({ name: "adam", rate: 0.001 });
    expect(optimizer({}, { model: { name: model } })).toMatchObject({ name: "adam", rate: 0.001 });
    expect(optimizer({ model, rate: "0.01" })).toMatchObject({ name: "adam", rate: 0.01 });
    expect(optimizer({ model, optimizer: "momentum" })).toMatchObject({ name: "momentum", rate: 0.1 });
    const training = { optimizer: { name: "sgd", rate: 0.5 } };
    expect(optimizer({ model }, { training })).toMatchObject({ name: "sgd", rate: 0.5 });
    expect(optimizer({ model: "mlp" })).toMatchObject({ name: "momentum", rate: 0.1 });
  });
});

test("numbers of a table are scaled; what says 0 or 1 about a text or a missing cell is not", () => {
  const rows = Array.from({ length: 24 }, (_, i) => `${["north", "south"][i % 2]},${i % 6 === 5 ? "" : i},${i}`);
  const birds = tableFrom(["isle,mass,price", ...rows].join("\n"), "birds.csv", ["price"], {});
  const { config } = modelFor(resolveConfig({ model: { name: "mlp", hidden: [] } }, "config"), birds);
  const { mean, deviation } = (config as { preprocess: { mean: number[]; deviation: number[] } }).preprocess;
  expect([mean[0], mean[1], mean[3], deviation[0], deviation[1], deviation[3]]).toEqual([0, 0, 0, 1, 1, 1]);
  expect([mean[2], deviation[2]]).toEqual([expect.closeTo(11, -0.7), expect.closeTo(6.5, -0.5)]);
});
