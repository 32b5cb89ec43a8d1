import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { inputAndClasses, loadDataset } from "../data/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { train } from "../train/index.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let data: string;
let gated: string;

folderForAllTests((path) => {
  folder = path;
});
folderForAllTests((path) => {
  data = writeTinyData(path);
});
beforeAll(async () => {
  gated = join(folder, "gated");
  const examples = await loadDataset("folder", { dir: data });
  const model = gatedMlp({
    ...inputAndClasses(examples),
    gated: [{ blocks: 12, width: 2, gater: { name: "dense", hidden: [] }, gate: { name: "top-k", k: 3 } }],
  });
  await train(model, examples, {
    epochs: 4,
    batch: 10,
    backend: "reference",
    runFolder: gated,
    config: { data: { dir: data } },
  });
});

const complaint = async (...argv: string[]): Promise<string> => {
  const { code, out, err } = await heaviside("cost", ...argv);
  expect([code, out]).toEqual([1, ""]);
  expect(err).not.toMatch(/\n\s+at /);
  return err;
};

test.skipIf(!full)(
  "the cost of a run: what top-k computes of the dense net's multiply-adds, times of all nets, as text and as JSON",
  async () => {
    const { code, out, err } = await heaviside(
      "cost",
      gated,
      "--batch",
      "1,7",
      "--rounds",
      "3",
      "--backend",
      "reference",
      "--json",
    );
    expect(code).toBe(0);
    const { accounts, timings, match, made } = JSON.parse(out.trimEnd().split("\n").at(-1)!);
    const [gater, blocks] = [16 * 12, 24];
    expect(accounts.inference).toEqual({
      dense: gater + blocks * (16 + 10),
      done: gater + (blocks / 4) * (16 + 10),
      open: [0.25],
    });
    expect(accounts.training.dense).toBe(2 * gater + blocks * (2 * 16 + 3 * 10));
    expect(accounts.training.done).toBeCloseTo(2 * gater + (blocks / 4) * (2 * 16 + 3 * 10), 6);
    expect(timings.map(({ phase, batch }: { phase: string; batch: number }) => `${phase} ${batch}`)).toEqual([
      ...["training 1", "training 7", "inference 1", "inference 7"],
    ]);
    expect(match.tried.map(({ width }: { width: number }) => width)).toContain(16);
    expect(made.backend).toMatch(/^reference/);
    expect(err).toMatch(/inference +348 +816 +2\.34 +25\.00%/);
    expect(err).toMatch(/against dense: (no gain: )?\d+\.\d\d times as fast \(\d/);
    // The dense nets are kept beside the run, to be gone on with.
    expect((await readdir(join(gated, "cost"))).some((name) => name.startsWith("dense-16-rate-"))).toBe(true);
  },
);

test("without the smaller net nothing is trained, and the text says nothing of one", async () => {
  const { code, out } = await heaviside(
    "cost",
    gated,
    "--no-match",
    "--batch",
    "2",
    "--rounds",
    "3",
    "--backend",
    "reference",
  );
  expect(code).toBe(0);
  expect(out).toMatch(/training step, batch 2\s+against dense: /);
  expect(out).not.toMatch(/dense units|one hidden layer/);
});

test("a network without gates has multiply-adds and times of its own, and is compared with nothing", async () => {
  const plain = join(folder, "plain");
  const { code } = await heaviside(
    ...["train", "--data", "folder", "--data-dir", data, "--hidden", "5", "--epochs", "1", "--backend", "reference"],
    ...["--out", plain],
  );
  expect(code).toBe(0);
  const cost = await heaviside("cost", plain, "--batch", "2", "--rounds", "3", "--backend", "reference", "--json");
  expect(cost.code).toBe(0);
  const { accounts, timings, match } = JSON.parse(cost.out);
  const [forward, first] = [16 * 5 + 5 * 10, 16 * 5];
  expect(accounts.inference).toEqual({ dense: forward, done: forward, open: [] });
  // The first layer's input needs no gradient.
  expect(accounts.training.done).toBe(3 * forward - first);
  expect(timings.map((timing: object) => Object.keys(timing).sort())).toEqual(
    timings.map(() => ["batch", "gated", "others", "phase"]),
  );
  expect(match).toBeUndefined();
  expect(cost.err).not.toMatch(/against|dense units/);
});

test.each([
  ["skip:cell=lstm,estimator=straight-through", 4 * 5 * 5, 5] as const,
  ...(full ? [["lif", 5 * 5, 0] as const] : []),
])(
  "the cost of a recurrent network of %s: what it skips, against the same products in full",
  async (cell, recurrent, more) => {
    const out = join(folder, cell.replace(/\W/g, "-"));
    const { code } = await heaviside(
      ...["train", "--model", "recurrent", "--cell", cell, "--units", "5", "--epochs", "1", "--backend", "reference"],
      ...["--data", "parity:length=8,examples=30,valid=10,test=10", "--out", out],
    );
    expect(code).toBe(0);
    const cost = await heaviside("cost", out, "--batch", "2", "--rounds", "3", "--backend", "reference", "--json");
    expect(cost.code).toBe(0);
    const { accounts, timings, match } = JSON.parse(cost.out);
    const { dense, done, open } = accounts.inference;
    const always = 8 * (recurrent / 5 + more + 5 * 2);
    expect(dense).toBe(8 * recurrent + always);
    expect(open).toHaveLength(1);
    expect(open[0]).toBeLessThanOrEqual(7 / 8);
    expect(done).toBeCloseTo(open[0] * 8 * recurrent + always, 3);
    for (const timing of timings)
      expect(Object.keys(timing)).toEqual(expect.arrayContaining(["gated", "dense", "againstDense"]));
    expect(match).toBeUndefined();
    expect(cost.err).toMatch(/times fewer +not skipped/);
    const said = cost.err.replaceAll(/\n(?=\S)/g, " ");
    expect(said).toContain("Before a first step the state is 0.");
    const random = cell.includes("straight-through");
    if (random) expect(open[0]).toBe(7 / 8);
    expect(said.includes("needs what skipped steps would have come to")).toBe(random);
    expect(said.includes("A random gate or spike that is read by its mean is never 0")).toBe(random);
    expect(cost.err).toMatch(/batch +network +dense/);
    expect(cost.err).toMatch(/inference, batch 2\s+against dense: /);
    expect(cost.err).not.toMatch(/block|gated/);
  },
);

test("a recurrent network that skips nothing is compared with nothing", async () => {
  const out = join(folder, "lstm");
  const { code } = await heaviside(
    ...["train", "--model", "recurrent", "--cell", "lstm", "--units", "5", "--epochs", "1", "--backend", "reference"],
    ...["--data", "parity:length=8,examples=30,valid=10,test=10", "--out", out],
  );
  expect(code).toBe(0);
  const cost = await heaviside("cost", out, "--batch", "2", "--rounds", "3", "--backend", "reference", "--json");
  const { accounts, timings } = JSON.parse(cost.out);
  const all = 8 * (4 * 5 * (1 + 5) + 5 * 2);
  expect(accounts.inference).toEqual({ dense: all, done: all, open: [] });
  expect(cost.err).toMatch(/inference +1,040 +1,040 +1\.00 +all computed/);
  expect(timings[0].dense).toBeUndefined();
});

test("mistakes are named: no folder, no run, no such batch", async () => {
  expect(await complaint(join(folder, "nowhere"))).toMatch(/^heaviside: cost: cannot read .*nowhere: it doesn't exist/);
  expect(await complaint(data)).toMatch(/is not the folder of a run, it has no config\.json/);
  await writeFile(join(folder, "config.json"), "{}");
  expect(await complaint(folder)).toMatch(/it has no checkpoint\.safetensors/);
  expect(await complaint(gated, "--batch", "1,x")).toMatch(
    /cost: --batch must be a whole number at least 1, received "x"/,
  );
  expect(await complaint(gated, "--rounds", "2")).toMatch(/cost: --rounds must be .* at least 3, received 2/);
  expect(await complaint(gated, "--backend", "gpu")).toMatch(/cost: --backend must be one of/);
});

test("every training of a network with gates ends with what it costs, in the JSON too; one without gates does not", async () => {
  const trained = (...flags: string[]) =>
    heaviside(
      ...["train", "--data", "folder", "--data-dir", data, "--epochs", "1", "--batch", "20", "--backend", "reference"],
      ...["--no-out", "--json", ...flags],
    );
  const [gates, plain] = [
    await trained("--model", "gated-mlp", "--blocks", "12", "--gater", "dense:hidden=4", "--gate", "straight-through"),
    await trained("--hidden", "5"),
  ];
  expect([gates.code, plain.code]).toEqual([0, 0]);
  const last = ({ out }: { out: string }) => JSON.parse(out.trimEnd().split("\n").at(-1)!);
  const { training, inference } = last(gates).cost.accounts;
  expect(training).toEqual({ dense: training.dense, done: training.dense, open: [] });
  expect(inference.done).toBeLessThanOrEqual(inference.dense);
  expect(last(gates).cost.timings.map(({ phase, batch }: { phase: string; batch: number }) => [phase, batch])).toEqual([
    ...[
      ["training", 20],
      ["inference", 20],
    ],
  ]);
  expect(gates.err).toContain("Training saves nothing");
  expect(last(plain).cost).toBeUndefined();
  expect(plain.err).not.toContain("multiply-adds");
});
