import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { main } from "./main.ts";
import { fakeTerminal, heaviside, withFlags } from "./testing.ts";

let data: string;
let folder: string;
folderForAllTests((path) => {
  folder = path;
});
folderForAllTests((path) => {
  data = writeTinyData(path);
});
const small = () => {
  const model = ["--hidden", "6", "--estimator", "straight-through-slope"];
  return ["--data-dir", data, "--backend", "reference", ...model, "--batch", "20", "--rate", "0.3"];
};

describe("train", () => {
  it("ends standard output with one JSON object of the promised form, everything else on standard error", async () => {
    const { code, out, err } = await heaviside("train", ...small(), "--epochs", "2", "--no-out", "--json");
    expect(code).toBe(0);
    const score = { nll: expect.any(Number), error: expect.any(Number) };
    expect(JSON.parse(out)).toEqual({
      run: null,
      seed: 1,
      epochs: 2,
      parameters: 16 * 6 + 6 + 6 * 10 + 10,
      train: score,
      valid: score,
      test: { stochastic: score, deterministic: score },
      examplesPerSecond: expect.any(Number),
      seconds: expect.any(Number),
      ranOn: [{ backend: "reference", instructionSet: "plain TypeScript", precision: "float32" }],
    });
    expect(out.trimEnd()).not.toContain("\n");
    expect(err).toMatch(/^mlp 16-6-10, straight-through-slope; mnist, 200 training examples; reference/m);
    expect(err).toMatch(/^epoch 2\/2 {2}training NLL/m);
  });

  it("learns: what is random at first has an error far below 90% at the end", async () => {
    const changed = withFlags(small(), ["--estimator", "sigmoid", "--rate", "1"]);
    const { out } = await heaviside("train", ...changed, "--epochs", "12", "--no-out", "--json");
    expect(JSON.parse(out).test.deterministic.error).toBeLessThan(20);
  });

  it("trains with weight noise, says so, and prunes what was learned", async () => {
    const run = join(folder, "noisy");
    const train = (noise: string, ...more: string[]) =>
      heaviside("train", ...small(), "--epochs", "2", "--weight-noise", noise, ...more);
    const fixed = await train("fixed:deviation=0.05", "--no-out");
    expect(fixed.code).toBe(0);
    expect(fixed.out.replaceAll("\n", " ")).toContain("weight noise of 0.05, one sample a batch; reference");
    expect(fixed.out.replaceAll("\n", " ")).toContain(
      "trained with weight noise of 0.05, one sample a batch; off in these scores",
    );
    const { code, out } = await train("learned:deviation=0.01", "--out", run, "--json");
    expect(code).toBe(0);
    const { weightNoise, valid } = JSON.parse(out);
    expect(Object.keys(weightNoise)).toEqual(["kl", "bitsPerWeight", "prunable"]);
    expect((await heaviside("describe", run)).out).toContain("trained with learned weight noise, 0.01 at first");
    const pruned = await heaviside("prune", run, "--threshold", "1,1e9", "--backend", "reference", "--json");
    const { rows } = JSON.parse(pruned.out);
    expect(rows[0]).toMatchObject({ threshold: 0, weights: 172, remaining: 172, valid });
    expect(rows[2]).toMatchObject({ threshold: 1e9, remaining: 0 });
    expect(pruned.err).toMatch(/^none +172 +100\.00%/m);
  });

  it("refuses to prune a run whose deviations were not learned, and thresholds that are none", async () => {
    const run = join(folder, "certain");
    await heaviside("train", ...small(), "--epochs", "1", "--out", run);
    expect(await heaviside("prune", run)).toMatchObject({
      code: 1,
      err: "heaviside: prune: needs weights with learned deviations, received none: train with weightNoise learned\n",
    });
    expect((await heaviside("prune", run, "--threshold", "0.5,x")).err).toBe(
      'heaviside: prune: --threshold must be a finite number above 0, received "x"\n',
    );
  });

  it("ends with exit code 1 where a training diverged, and says what was the first", async () => {
    const run = join(folder, "diverged");
    const wild = small().map((word) => (word === "0.3" ? "3e38" : word));
    const { code, out, err } = await heaviside("train", ...wild, "--epochs", "2", "--out", run, "--json");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^heaviside: train: the loss is Infinity in epoch 1 at step 2, with a learning rate of 3e\+38: try a rate ten/m,
    );
    expect(readdirSync(run).sort()).toEqual(["checkpoint.safetensors", "config.json"]);
  });

  it("makes an automatic folder for each of several trainings at once, and none for one that can't begin", async () => {
    const before = process.cwd();
    const home = await mkdtemp(join(tmpdir(), "heaviside-automatic-"));
    try {
      process.chdir(home);
      const one = () => heaviside("train", ...small(), "--epochs", "1");
      for (const { code } of await Promise.all([one(), one(), one()])) expect(code).toBe(0);
      const name = "mnist-6-straight-through-slope-seed1";
      expect(readdirSync("runs").sort()).toEqual([name, `${name}-2`, `${name}-3`]);
      for (const run of readdirSync("runs")) expect(readdirSync(join("runs", run))).toContain("result.json");
      expect((await heaviside("train", ...small(), "--epochs", "1", "--precision", "bfloat16")).code).toBe(1);
      expect(readdirSync("runs")).toHaveLength(3);
    } finally {
      process.chdir(before);
      await rm(home, { recursive: true });
    }
  });

  it("says so where a run goes on with another backend, and goes on with its own where none is named", async () => {
    const run = join(folder, "moved");
    await heaviside("train", ...small(), "--epochs", "1", "--out", run);
    const same = await heaviside("train", "--resume", run, "--epochs", "2", "--json");
    expect(same.err).not.toContain("warning");
    const { err, out } = await heaviside("train", "--resume", run, "--epochs", "3", "--backend", "wasm", "--json");
    expect(err).toMatch(/^warning: train: the epochs before ran on reference \(plain TypeScript, float32\), those/m);
    const backends = (kinds: { backend: string }[]) => kinds.map(({ backend }) => backend);
    expect(backends(JSON.parse(out).ranOn)).toEqual(["reference", "wasm"]);
    const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
    expect(lines.map((line) => backends(JSON.parse(line).ranOn))).toEqual([["reference"], ["reference"], ["wasm"]]);
  });

  it("leaves a run folder with config, metrics, checkpoint, result and pictures, and says where", async () => {
    const run = join(folder, "whole");
    const { code, out } = await heaviside("train", ...small(), "--epochs", "3", "--out", run);
    expect(code).toBe(0);
    expect(out).toContain(`run folder: ${run}`);
    expect(readdirSync(run).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "curves.svg",
      "metrics.jsonl",
      "report.html",
      "result.json",
    ]);
    expect(readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n")).toHaveLength(3);
    expect(readFileSync(join(run, "report.html"), "utf8")).toContain("Pretends, on the way back");
  });

  it("trains the same from its own config file as from the flags", async () => {
    const run = join(folder, "again");
    await heaviside("train", ...small(), "--epochs", "2", "--seed", "5", "--out", run);
    const first = JSON.parse(await readFile(join(run, "result.json"), "utf8"));
    const { out } = await heaviside("train", "--config", join(run, "config.json"), "--no-out", "--json");
    const second = JSON.parse(out);
    expect(second.test).toEqual(first.test);
    expect(second.seed).toBe(5);
  });

  it("--print-config prints a config that says the same again, whatever the flags", async () => {
    const flags = [
      ["--hidden", "20,30", "--estimator", "noisy-rectifier:sd=0.5,noise=logistic,straight-through", "--gain", "1,2"],
      ["--optimizer", "adam:beta1=0.5", "--rate", "0.001", "--schedule", "cosine:final=0.1,warmup=1", "--no-out"],
      ["--weight-decay", "decoupled:rate=0.01", "--clip", "value=1,norm=5", "--max-norm", "2", "--patience", "3"],
      [
        "--data",
        "fashion-mnist",
        "--limit",
        "100",
        "--threads",
        "1",
        "--samples",
        "4",
        "--test",
        "epoch",
        "--out",
        "x",
      ],
      [
        "--hidden",
        "none",
        "--optimizer",
        "sgd",
        "--weight-decay",
        "1e-4",
        "--clip",
        "3",
        "--seed",
        "9",
        "--batch",
        "7",
      ],
    ];
    for (const some of flags) {
      const { code, out } = await heaviside("train", ...some, "--print-config");
      expect(code).toBe(0);
      const path = join(folder, "printed.json");
      await writeFile(path, out);
      expect((await heaviside("train", "--config", path, "--print-config")).out).toBe(out);
    }
  });

  it("resolves flags into what they stand for", async () => {
    const { out } = await heaviside(
      ...[
        "train",
        "--print-config",
        "--hidden",
        "20,30",
        "--estimator",
        "noisy-rectifier:sd=0.5,noise=logistic,straight-through",
      ],
      ...["--optimizer", "adam:beta1=0.5", "--rate", "0.001", "--clip", "3", "--weight-decay", "0.1", "--no-out"],
    );
    expect(JSON.parse(out)).toMatchObject({
      model: {
        name: "mlp",
        hidden: [
          { units: 20, estimator: { name: "noisy-rectifier", sd: 0.5, noise: "logistic" } },
          { units: 30, estimator: "straight-through" },
        ],
      },
      training: {
        optimizer: { name: "adam", beta1: 0.5, rate: 0.001 },
        clip: { norm: 3 },
        weightDecay: { kind: "l2", rate: 0.1 },
      },
      machine: { out: null },
    });
  });

  it("lets flags override a file, and keeps what they don't speak of", async () => {
    const path = join(folder, "base.json");
    await writeFile(
      path,
      JSON.stringify({
        model: { hidden: [{ units: 5, estimator: "sigmoid", gain: 2 }] },
        training: { epochs: 7, optimizer: { name: "momentum", rate: 0.5, momentum: 0.8 } },
      }),
    );
    const { out } = await heaviside(
      "train",
      "--config",
      path,
      "--epochs",
      "9",
      "--hidden",
      "8,8",
      "--rate",
      "0.1",
      "--print-config",
    );
    expect(JSON.parse(out)).toMatchObject({
      model: {
        hidden: [
          { units: 8, estimator: "sigmoid", gain: 2 },
          { units: 8, estimator: "sigmoid", gain: 2 },
        ],
      },
      training: { epochs: 9, optimizer: { name: "momentum", rate: 0.1, momentum: 0.8 } },
    });
  });

  it("Ctrl-C leaves a checkpoint, exit code 130 and the command that goes on to the same end", async () => {
    const run = join(folder, "stopped");
    const { terminal, written, watch, interrupt } = fakeTerminal();
    watch((text) => {
      if (text.startsWith("epoch 1/4")) interrupt();
    });
    expect(await main(["train", ...small(), "--epochs", "4", "--out", run], terminal)).toBe(130);
    expect(written.err).toMatch(/stopped in epoch 2 after step \d+; resume with\n {2}npx heaviside train --resume /);
    const command = /npx heaviside (.*)/.exec(written.err)![1]!.split(" ");
    expect(existsSync(join(run, "result.json"))).toBe(false);
    const resumed = await heaviside(...command, "--json");
    expect(resumed.code).toBe(0);
    const straight = await heaviside("train", ...small(), "--epochs", "4", "--no-out", "--json");
    const [a, b] = [JSON.parse(resumed.out), JSON.parse(straight.out)];
    expect({ ...a, run: null, seconds: 0, examplesPerSecond: 0 }).toEqual({ ...b, seconds: 0, examplesPerSecond: 0 });
  });

  it("a resumed run that is stopped again names the flags that it was resumed with", async () => {
    const run = join(folder, "stopped twice");
    await heaviside("train", ...small(), "--epochs", "1", "--out", run);
    const { terminal, written, watch, interrupt } = fakeTerminal();
    watch((text) => {
      if (text.startsWith("epoch 2/4")) interrupt();
    });
    expect(await main(["train", "--resume", run, "--epochs", "4", "--json"], terminal)).toBe(130);
    expect(written.err).toContain(`npx heaviside train --resume '${run}' --epochs 4 --json\n`);
    const resumed = await heaviside("train", "--resume", run, "--epochs", "4", "--json");
    expect(JSON.parse(resumed.out)).toMatchObject({ epochs: 4 });
  });

  it("a second Ctrl-C ends at once", async () => {
    const { terminal, watch, interrupt, exits } = fakeTerminal();
    watch((text) => {
      if (!text.startsWith("epoch 1/9")) return;
      interrupt();
      interrupt();
    });
    await main(["train", ...small(), "--epochs", "9", "--no-out"], terminal);
    expect(exits).toEqual([130]);
  });

  it("takes a free name under runs/ when none is given", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const name of ["mnist-6-straight-through-slope-seed1", "mnist-6-straight-through-slope-seed1-2"]) {
        await heaviside("train", ...small(), "--epochs", "1");
        expect(existsSync(join("runs", name, "result.json"))).toBe(true);
      }
    } finally {
      process.chdir(before);
    }
  });
});
