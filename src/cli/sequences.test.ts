import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { heaviside } from "./testing.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

const adding = "adding:length=6,examples=60,valid=20,test=20";
const short = ["--hidden", "4", "--estimator", "straight-through", "--backend", "reference", "--batch", "16"];
const train = (...more: string[]) => heaviside("train", "--data", adding, ...short, ...more);
const resultOf = async (run: string) => {
  const { test: held, valid, train: trained } = JSON.parse(await readFile(join(run, "result.json"), "utf8"));
  return { held, valid, trained };
};

describe("a data set whose examples are drawn", () => {
  test("is printed with its baseline and its first example", async () => {
    const { code, out } = await heaviside("data", adding);
    expect(code).toBe(0);
    expect(out).toContain("adding: x [6, 2], y [1]; 60 fresh examples to train on in each epoch");
    expect(out).toContain("\nbaseline: The prediction 1 has a mean squared error of 1/6 = 0.167.\n");
    expect(out).toMatch(
      /\nthe first training example\nvalue {2}[▁-█]{6}\nmarker [▁█]{6}\n(marked \d\.\d{4} in step [1-6]\n){2}y {6}\d\.\d{4}\n$/,
    );
    const { baseline, splits } = JSON.parse((await heaviside("data", adding, "--json")).out);
    expect([baseline, splits.train.size]).toEqual(["The prediction 1 has a mean squared error of 1/6 = 0.167.", 60]);
    const steps = await heaviside("data", "parity:length=8,examples=30,valid=10,test=10");
    expect(steps.out).toContain("parity: x [8, 1], label of 2 classes at each of 8 steps;");
    expect(steps.out).toMatch(/steps with class of label +train +valid +test\n/);
    const file = join(folder, "a.txt");
    await writeFile(file, "to be or not to be, ".repeat(40));
    const text = await heaviside("data", "characters:length=10", "--file", file);
    expect(text.out).toContain('the first training example\n"to be or n"\n');
  });

  test.each([
    ["lstm:peepholes=true", "lstm:peepholes=true"],
    ["skip:cell=gru", "skip"],
    ["rnn", "rnn"],
  ])("the report of the cell %s is titled %s", async (cell, title) => {
    const out = join(folder, title);
    const data = "parity:length=4,examples=8,valid=4,test=4";
    const options = ["--model", "recurrent", "--cell", cell, "--units", "2", "--epochs", "1", "--backend", "reference"];
    expect((await heaviside("train", "--data", data, ...options, "--out", out)).code).toBe(0);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain(`<title>${title}: `);
  });

  test("is trained on, resumed to the same bits, and its run has a cost", async () => {
    const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
    expect((await train("--epochs", "2", "--out", whole)).code).toBe(0);
    expect((await train("--epochs", "1", "--out", parts)).code).toBe(0);
    expect((await heaviside("train", "--resume", parts, "--epochs", "2")).code).toBe(0);
    expect(await resultOf(parts)).toEqual(await resultOf(whole));
    expect(JSON.parse(await readFile(join(whole, "config.json"), "utf8")).data).toEqual({
      ...{ name: "adding", length: 6, examples: 60, valid: 20, test: 20 },
    });
    const { code, err } = await heaviside(
      "cost",
      whole,
      "--no-match",
      "--rounds",
      "3",
      "--batch",
      "1",
      "--backend",
      "reference",
    );
    expect([code, err]).toEqual([0, ""]);
  });

  test("is refused with a mistake in an option, and by a model that has to see its examples first", async () => {
    for (const [name, message] of [
      ["adding:lenght=6", "data.lenght: there is no such option, did you mean length?"],
      ["adding:length=1", "data.length: must be a whole number at least 2, received 1"],
      ["parity:predict=each", 'data.predict: must be one of every-step, last-step, received "each"'],
      [
        "sequential-mnist:permuted=yes",
        'data.permuted: must be a whole number at least 0 and below 4294967296, received "yes"',
      ],
      [
        "iam-online",
        "the data set 'iam-online' needs the folder lineStrokes of IAM-OnDB; give it with --data-dir FOLDER",
      ],
    ] as const) {
      const { code, out, err } = await heaviside("data", name);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain(message);
    }
    const { code, err } = await heaviside("train", "--data", adding, "--model", "autoencoder", "--no-out");
    expect(code).toBe(1);
    expect(err).toContain(
      "autoencoder needs its training examples in memory, adding streams them: take a data set of images",
    );
  });
});
