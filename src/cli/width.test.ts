import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { cellNames } from "../cells/index.ts";
import { estimatorNames } from "../estimators/index.ts";
import { main } from "./main.ts";
import { fakeTerminal, tooLong } from "./testing.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const mnist = () => ["--data-dir", at("data"), "--backend", "reference"];

folderForAllTests(async (path) => {
  folder = path;
  writeTinyData(at("data"));
});

/** What a command prints on a terminal of 80 columns. */
async function printed(tty: boolean, ...argv: readonly string[]): Promise<string> {
  const { terminal, written } = fakeTerminal({ columns: 80, tty, env: { NO_COLOR: "1" } });
  expect(await main(argv, terminal), written.err).toBe(0);
  // A line that is rewritten in place begins anew.
  return `${written.out}\n${written.err}`.replaceAll("\r\u001b[2K", "\n");
}

const networks: Readonly<Record<string, () => string[]>> = {
  plain: () => ["--hidden", "4", "--estimator", "straight-through-slope"],
  gated: () => ["--model", "gated-mlp", "--hidden", "4", "--blocks", "6", "--gate", "straight-through"],
  noisy: () => ["--hidden", "4", "--weight-noise", "learned"],
};

describe("no line is longer than 80 columns", () => {
  test.each(Object.entries(networks).filter(([name]) => full || name === "plain"))(
    "train, of a %s network, then describe, cost, prune and compare",
    async (name, flags) => {
      const run = at(name);
      const trainings = [["--seed", "1", "--out", run], ["--seed", "2", "--out", `${run}2`]]; // biome-ignore format: one line
      for (const more of trainings)
        expect(
          tooLong(
            await printed(name === "plain", "train", ...mnist(), ...flags(), "--batch", "20", "--epochs", "2", ...more),
          ),
        ).toEqual([]);
      const commands = [
        ["describe", run],
        ["compare", run, `${run}2`],
        ...(name === "noisy" ? [["prune", run, "--backend", "reference"]] : []),
        ...(name === "gated"
          ? [["cost", run, "--rounds", "3", "--batch", "1", "--backend", "reference", "--no-match"]]
          : []),
      ];
      for (const argv of commands) expect(tooLong(await printed(false, ...argv)), argv[0]).toEqual([]);
    },
  );

  test.skipIf(!full).each([["measure"], ["--toy", "0.49", "--units", "2"], ["--choose", "2x"]])(
    "measure %s",
    async (...flags) => {
      // biome-ignore format: rows
      const own = flags[0] === "measure" ? [] : flags;
      const net = flags[0] === "--toy" ? ["--backend", "reference"] : [...mnist(), "--hidden", "3", "--batch", "5"];
      const long = ["score-function-minimum-variance", "score-function-moving-average", "noisy-rectifier", "exact"];
      const few = ["--replicates", "40", "--warmup", "2", "--estimators", long.join(",")];
      const { terminal, written } = fakeTerminal({ columns: 80 });
      expect(await main(["measure", ...net, ...few, ...own], terminal)).not.toBe(1);
      expect(tooLong(written.out)).toEqual([]);
    },
  );

  test("lists and cards", async () => {
    const cards = [...estimatorNames.map((name) => ["estimators", name]), ...cellNames.map((name) => ["cells", name])];
    const lists = [["estimators"], ["cells"], ["backends", "--threads", "1"], ["experiment"]];
    for (const argv of [...lists, ...cards]) expect(tooLong(await printed(false, ...argv)), argv.join(" ")).toEqual([]);
  });

  test.each([
    ["data", "mnist"],
    ["data", "parity"],
    ["data", "adding"],
    ["describe", "--model", "gated-mlp"],
    ["describe", "--hidden", "400,200", "--estimator", "score-function-minimum-variance"],
    ["describe", "--data", "adding", "--model", "recurrent", "--cell", "lstm:peepholes=true"],
  ])("%s %s", async (...argv) => {
    // biome-ignore format: rows
    const own = argv.includes("adding") || argv.includes("parity") ? [] : ["--data-dir", at("data")];
    expect(tooLong(await printed(false, ...argv, ...own))).toEqual([]);
  });

  test("help", async () => {
    const commands =
      "start train describe measure cost compare prune generate experiment data explore estimators cells backends".split(
        " ",
      );
    const below = ["first-look", "slowness", "figure-2", "toys", "autoencoder", "wide", "neurons"].map((name) => [
      "experiment",
      name,
    ]);
    for (const words of [[], ...commands.map((name) => [name]), ...below])
      expect(tooLong(await printed(false, ...words, "--help")), words.join(" ")).toEqual([]);
  });
});

test("--wide gives all columns, in lines as long as they take", async () => {
  for (const argv of [["estimators"], ["describe", "--data-dir", at("data"), "--hidden", "4"]]) {
    const [narrow, wide] = [await printed(false, ...argv), await printed(false, ...argv, "--wide")];
    expect(narrow, argv[0]).toContain("--wide prints all columns");
    expect(wide).not.toContain("--wide");
    expect(tooLong(wide).length).toBeGreaterThan(2);
  }
});
