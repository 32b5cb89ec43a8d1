import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { startBackend } from "../backends/select.ts";
import { mlp } from "../models/mlp.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Interrupted } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { abortAt, toyData } from "./testing.ts";
import { train, trainer } from "./train.ts";

const data = toyData();
const model = mlp({ input: [2, 2], hidden: [{ units: 5, estimator: "straight-through" }], classes: 3 });
const options: TrainOptions = { epochs: 2, batch: 30, backend: referenceBackend() };

let wasm: Backend;
let home: string;
beforeAll(async () => {
  wasm = await startBackend("wasm", { threads: 1 });
  home = await mkdtemp(join(tmpdir(), "run-folder-"));
});
afterAll(async () => {
  await wasm.close();
  await rm(home, { recursive: true, force: true });
});

const refusal = async (more: TrainOptions): Promise<string> =>
  (await train(model, data, { ...options, ...more }).catch((error) => error)).message;

describe("a run folder", () => {
  test("in use by another process is refused with its number, and goes on once that was killed", async () => {
    const runFolder = join(home, "killed");
    const here = JSON.stringify(new URL(".", import.meta.url).href);
    const code = `
      const { mlp } = await import(${here} + "../models/mlp.ts");
      const { toyData } = await import(${here} + "testing.ts");
      const { train } = await import(${here} + "train.ts");
      const model = mlp(${JSON.stringify({ input: [2, 2], hidden: [{ units: 5, estimator: "straight-through" }], classes: 3 })});
      const onEpoch = ({ epoch }) => epoch === 2 && console.log("two");
      await train(model, toyData(), { epochs: 1e6, batch: 30, backend: "reference", runFolder: ${JSON.stringify(runFolder)}, onEpoch });`;
    const argv = ["--import", "tsx", "--input-type=module", "-e", code];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    for (const resume of [true, false])
      expect(await refusal({ runFolder, resume })).toMatch(
        new RegExp(`^runs: ${runFolder} is in use by process ${child.pid} since `),
      );
    child.kill("SIGKILL");
    await once(child, "exit");
    const { epoch } = (
      decodeCheckpoint(await readFile(join(runFolder, "checkpoint.safetensors")), "x").header as {
        position: { epoch: number };
      }
    ).position;
    expect(epoch).toBeGreaterThan(2);
    const { history } = await train(model, data, { ...options, runFolder, resume: true, epochs: epoch });
    expect(history.map((row) => row.epoch)).toEqual(Array.from({ length: epoch }, (_, i) => i + 1));
    const lines = (await readFile(join(runFolder, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.length).toBe(epoch);
    expect((await readdir(runFolder)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("is free after every way that a training can end", async () => {
    const runFolder = join(home, "free");
    const more = { ...options, runFolder, epochs: 50 };
    await expect(train(model, data, { ...more, signal: abortAt(2) })).rejects.toThrow(Interrupted);
    const thrown = {
      onEpoch: () => {
        throw new Error("mine");
      },
    };
    await expect(train(model, data, { ...more, ...thrown, resume: true })).rejects.toThrow("mine");
    for await (const { kind } of trainer(model, data, { ...more, resume: true })) if (kind === "epoch") break;
    expect(await refusal({ ...more, resume: true, batch: 31 })).toContain("training.batch must stay");
    expect(await refusal({ ...more, resume: true, backend: "cuda" as never })).toContain('received "cuda"');
    const running = trainer(model, data, { ...more, resume: true });
    await running.next();
    expect(await refusal({ ...more, resume: true })).toContain("is in use by this process since");
    await running.return(undefined as never);
    expect((await train(model, data, { ...more, resume: true, epochs: 3 })).epochs).toBe(3);
  });

  test("whose run was killed before its first checkpoint is begun again, resumed or not", async () => {
    const whole = await train(model, data, options);
    for (const resume of [true, false]) {
      const runFolder = join(home, `begun-${resume}`);
      await mkdir(runFolder);
      await writeFile(join(runFolder, "config.json"), "{}");
      await writeFile(join(runFolder, "checkpoint.safetensors.x.unfinished"), "half");
      const { params, test } = await train(model, data, { ...options, runFolder, resume });
      expect({ params, test }).toEqual({ params: whole.params, test: whole.test });
      const files = ["checkpoint.safetensors", "config.json", "metrics.jsonl", "result.json"];
      expect((await readdir(runFolder)).sort()).toEqual(files);
    }
  });
});

describe("a run that goes on", () => {
  const kinds = (rows: readonly { readonly backend: string }[]) => rows.map((row) => row.backend);

  test("elsewhere says so in a warning, and its table says what each epoch ran on", async () => {
    const runFolder = join(home, "elsewhere");
    // Stopped within the second epoch.
    await expect(train(model, data, { ...options, runFolder, epochs: 4, signal: abortAt(8) })).rejects.toThrow(
      "epoch 2",
    );
    const warnings: string[] = [];
    const onWarning = ({ message }: { message: string }) => warnings.push(message);
    const result = await train(model, data, {
      ...options,
      runFolder,
      epochs: 3,
      resume: true,
      backend: wasm,
      onWarning,
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^train: the epochs before ran on reference .* those from here on run on wasm \(.*float32\)/,
    );
    expect(result.history.map(({ ranOn }) => kinds(ranOn))).toEqual([["reference"], ["reference", "wasm"], ["wasm"]]);
    expect(kinds(result.ranOn)).toEqual(["reference", "wasm"]);
    expect(kinds(JSON.parse(JSON.stringify(result)).ranOn)).toEqual(["reference", "wasm"]);

    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await train(model, data, { ...options, runFolder, epochs: 4, resume: true });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^train: the epochs before ran on wasm/)]]);
    warn.mockRestore();
  });

  test("without a backend's name takes the one that it ran on, without a word", async () => {
    const runFolder = join(home, "same");
    await train(model, data, { ...options, runFolder });
    const onWarning = vi.fn();
    for (const named of [undefined, "auto"] as const) {
      const more = { ...options, runFolder, backend: named, resume: true, epochs: named ? 4 : 3, onWarning };
      expect(kinds((await train(model, data, more)).ranOn)).toEqual(["reference"]);
    }
    expect(onWarning).not.toHaveBeenCalled();
  });

  test("from a checkpoint that doesn't say what it ran on, or names a backend that isn't there, takes what there is", async () => {
    const runFolder = join(home, "unknown");
    await train(model, data, { ...options, runFolder });
    const path = join(runFolder, "checkpoint.safetensors");
    const { header, arrays } = decodeCheckpoint(await readFile(path), "x");
    const rewrite = (ranOn: unknown) =>
      writeFile(path, encodeCheckpoint({ header: { ...(header as object), ranOn }, arrays }));
    const onWarning = vi.fn();
    const again = () => train(model, data, { ...options, runFolder, resume: true, backend: "auto", onWarning });
    await rewrite(undefined);
    await again();
    expect(onWarning).not.toHaveBeenCalled();
    await rewrite({ backend: "abacus", instructionSet: "wood", precision: "float32" });
    await again();
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning.mock.calls[0]![0].message).toContain("the epochs before ran on abacus (wood, float32)");
  });
});
