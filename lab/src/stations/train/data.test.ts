import { expect, test } from "vitest";
import { heaviside } from "../../../../src/cli/testing.ts";
import { resolveConfig } from "../../../../src/config/config.ts";
import { quoted } from "../../parts/text.ts";
import { type ChosenData, dataConfigOf, dataFields, dataFlagsOf, shapeNames, withData } from "./data.ts";

const first = Object.fromEntries(
  Object.entries(dataFields).map(([name, { initial }]) => [name, initial]),
) as ChosenData;

test("a file that is called as a data set is a file", async () => {
  const flags = dataFlagsOf({ ...first, data: "table", file: "moons", target: "y" });
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { out, code } = await heaviside("train", ...words, "--print-config");
  expect(code).toBe(0);
  expect(JSON.parse(out).data).toMatchObject({ name: "table", file: "moons", target: ["y"] });
});

test.each<Partial<ChosenData>>([
  {},
  { limit: 50_000 },
  { data: "fashion-mnist", limit: 7 },
  ...shapeNames.map((data) => ({ data })),
  { data: "xor", points: 12, noise: 0, draw: 9 },
  { data: "table", file: "a.csv", target: "b" },
  { data: "table", file: "a.csv", target: "b c", as: "classes" },
  { data: "npz", file: "a b.npz" },
  { data: "images", file: "./my photos" },
  { data: "images", file: "./photos", size: "28x20" },
  { data: "folder", file: "./digits" },
  { data: "folder", file: "." },
])("the flags stand for the config: %j", async (chosen) => {
  const all = { ...first, ...chosen };
  const flags = Object.entries(dataFlagsOf(all)).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { out, code } = await heaviside("train", ...flags, "--print-config");
  expect(code).toBe(0);
  expect(JSON.parse(out).data).toEqual(
    JSON.parse(JSON.stringify(resolveConfig({ data: dataConfigOf(all) }, "config").data)),
  );
});

test("a word of a shell stays one word", () => {
  expect(["a.csv", "./a/b-1.csv"].map(quoted)).toEqual(["a.csv", "./a/b-1.csv"]);
  expect(quoted("my table.csv")).toBe('"my table.csv"');
  expect(quoted("it's $5.csv")).toBe("'it'\\''s $5.csv'");
});

const initial = { data: "mnist", hidden: "100", epochs: "5", batch: "100", rate: "", optimizer: "", network: "mlp" };

test("another data set brings settings that learn it, and leaves the others", () => {
  const before = { "train.seed": "3", "train.network": "conv", "neuron.a": "1" };
  const after = withData(before, "spirals", initial);
  expect(after).toEqual({
    texts: {
      ...{ "train.seed": "3", "neuron.a": "1" },
      ...{ "train.data": "spirals", "train.hidden": "200", "train.epochs": "200", "train.batch": "10" },
    },
    changed: ["network", "hidden", "epochs", "batch"],
    kept: [],
  });
  expect(withData(after.texts, "mnist", initial).texts).toEqual({ "train.seed": "3", "neuron.a": "1" });
});

test("another data set keeps what the user had set, where it fits", () => {
  const before = { "train.epochs": "7", "train.hidden": "30+20", "train.rate": "0.05" };
  const { texts, changed, kept } = withData(before, "moons", initial);
  expect(texts).toEqual({ ...before, "train.data": "moons", "train.batch": "10" });
  expect([changed, kept]).toEqual([["batch"], ["hidden", "epochs", "rate"]]);
  // Rate and optimizer belong to the network: those of convolutions aren't those of layers.
  const conv = { "train.network": "conv", "train.rate": "0.02", "train.optimizer": "momentum" };
  expect(withData(conv, "fashion-mnist", initial).texts).toEqual({ ...conv, "train.data": "fashion-mnist" });
  const left = withData(conv, "table", initial);
  expect(left.texts).toMatchObject({ "train.optimizer": "adam", "train.rate": "0.01" });
  expect(left.texts).not.toHaveProperty("train.network");
  const gated = withData({ "train.network": "gated-mlp" }, "moons", initial);
  expect(gated.texts).not.toHaveProperty("train.rate");
  expect(gated.changed).toEqual(["epochs", "batch"]);
});
