import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { startBackend } from "../backends/select.ts";
import { UserError } from "../errors.ts";
import { NdArray } from "../graph/ndarray.ts";
import { mlp } from "../models/mlp.ts";
import { recurrentNetwork } from "../models/recurrent.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Interrupted } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import type { Trained } from "./result.ts";
import { abortAt, remains, toyData } from "./testing.ts";
import { train, trainer } from "./train.ts";

const reference = referenceBackend();
const data = toyData();
const model = mlp({
  input: [2, 2],
  hidden: [
    { units: 5, estimator: "score-function-minimum-variance" },
    { units: 3, estimator: "straight-through" },
  ],
  classes: 3,
});
const options: TrainOptions = {
  epochs: 3,
  batch: 20, // five steps an epoch, the last with ten examples
  optimizer: { name: "adam", rate: 0.02 },
  schedule: { name: "cosine", warmup: 0.5 },
  weightDecay: { kind: "decoupled", rate: 0.01 },
  maxNorm: 3,
  maxNormEvery: 2,
  clip: { norm: 1 },
  inputDropout: 0.1,
  seed: 5,
  test: "epoch",
  backend: reference,
};

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "resume-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs with a stop at each of `stops` (counted in looks at the signal), resuming after each, and lets it end. */
async function runWithStops(
  stops: readonly number[],
  [first, then]: readonly Backend[] = [reference, reference],
): Promise<Awaited<ReturnType<typeof remains>>> {
  const runFolder = newFolder();
  let backend = first!;
  let resume = false;
  for (const stop of stops) {
    const signal = abortAt(stop);
    const stopped = await train(model, data, { ...options, backend, runFolder, resume, signal }).catch((e) => e);
    if (!(stopped instanceof Error)) return remains(runFolder, stopped as Trained);
    expect(stopped).toBeInstanceOf(Interrupted);
    resume = true;
    backend = then!;
  }
  return remains(runFolder, await train(model, data, { ...options, backend, runFolder, resume }));
}

let uninterrupted: Awaited<ReturnType<typeof remains>>;
beforeAll(async () => {
  uninterrupted = await runWithStops([]);
});

describe("a training that was stopped and resumed is the same, bit for bit,", () => {
  test("wherever it is stopped: at each step of each epoch, and within each evaluation", async () => {
    expect(uninterrupted.metrics.length).toBe(3);
    // 5 looks in an epoch's steps and 4 in its evaluations; 3 in the last evaluation.
    for (let stop = 1; stop <= 31; stop += howMany(1, 4))
      expect(await runWithStops([stop]), `stop ${stop}`).toEqual(uninterrupted);
  });

  test("however often it is stopped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 }), async (stops) => {
        expect(await runWithStops(stops)).toEqual(uninterrupted);
      }),
      { numRuns: howMany(15, 4) },
    );
  });

  test("when it was killed at any time, with metrics on the disk that its checkpoint doesn't know", async () => {
    for (const events of [0, 1, 2, 3]) {
      const runFolder = newFolder();
      const running = trainer(model, data, { ...options, runFolder, checkpointSeconds: events % 2 ? 0 : 60 });
      for (let i = 0; i <= events; i++) await running.next();
      await running.return(undefined as never);
      await appendFile(join(runFolder, "metrics.jsonl"), '{"epoch":9,"half');
      const result = await train(model, data, { ...options, runFolder, resume: true });
      expect(await remains(runFolder, result)).toEqual(uninterrupted);
    }
  });

  test("when it goes on with another number of threads", async () => {
    const [one, two] = [await startBackend("wasm", { threads: 1 }), await startBackend("wasm", { threads: 2 })];
    const whole = await runWithStops([], [one!]);
    for (const stop of [3, 8, 14]) expect(await runWithStops([stop], [two!, one!])).toEqual(whole);
    await one!.close();
    await two!.close();
  });

  test("when it had ended already", async () => {
    const runFolder = newFolder();
    await train(model, data, { ...options, runFolder });
    const again = await train(model, data, { ...options, runFolder, resume: true });
    expect(await remains(runFolder, again)).toEqual(uninterrupted);
  });
});

test("more epochs than before go on where the run ended", async () => {
  const runFolder = newFolder();
  const constant: TrainOptions = { ...options, schedule: { name: "constant" }, runFolder };
  await train(model, data, { ...constant, epochs: 2 });
  const longer = await remains(runFolder, await train(model, data, { ...constant, epochs: 3, resume: true }));
  const other = newFolder();
  const atOnce = await remains(other, await train(model, data, { ...constant, runFolder: other, epochs: 3 }));
  expect({ ...longer, header: 0 }).toEqual({ ...atOnce, header: 0 });
});

test("a resume with another cell names the cell, and none of the options that differ with it", async () => {
  const own = newFolder();
  const net = (cell: "lstm" | "gru" | "skip") => recurrentNetwork({ input: [2, 2], cell, units: 3, classes: 3 });
  await train(net("lstm"), data, { ...options, epochs: 1, runFolder: own });
  for (const cell of ["gru", "skip"] as const)
    await expect(train(net(cell), data, { ...options, epochs: 1, runFolder: own, resume: true })).rejects.toThrow(
      `resume: model.stages.0.cell.name must stay as it was in ${own}/checkpoint.safetensors, "lstm", received "${cell}"`,
    );
});

describe("a resume is refused", () => {
  const refusal = async (change: Partial<TrainOptions>, other = model, otherData = data): Promise<string> => {
    const error = await train(other, otherData, { ...options, runFolder, resume: true, ...change }).catch((e) => e);
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  };
  let runFolder: string;
  beforeAll(async () => {
    runFolder = newFolder();
    await train(model, data, { ...options, runFolder, signal: abortAt(12) }).catch(() => {});
  });

  test("with another option, model or data", async () => {
    const name = `${runFolder}/checkpoint.safetensors`;
    expect(await refusal({ batch: 10 })).toBe(`resume: training.batch must stay as it was in ${name}, 20, received 10`);
    expect(await refusal({ seed: 6 })).toContain("training.seed");
    expect(await refusal({ maxNorm: undefined, maxNormEvery: undefined })).toContain("training.maxNorm");
    expect(await refusal({ optimizer: { name: "sgd", rate: 0.02 } })).toContain("training.optimizer.name");
    expect(await refusal({ epochs: 4 }), "a cosine's length is the number of epochs").toContain("training.epochs");
    const wider = mlp({ input: [2, 2], hidden: [{ units: 6, estimator: "straight-through" }], classes: 3 });
    expect(await refusal({}, wider)).toContain("model.stages.");
    expect(await refusal({}, model, toyData({ train: 91 }))).toContain("data.");
    // The same targets of other inputs.
    const { x, label } = data.valid.fields;
    const other = { ...data, valid: { ...data.valid, fields: { x: new NdArray(x.data.map((v) => v / 2), x.shape), label } } }; // biome-ignore format: one line
    expect(await refusal({}, model, other)).toContain("data.inputs");
  });

  test("for inputs by no checkpoint that was written without their checksum", async () => {
    const own = newFolder();
    await train(model, data, { ...options, runFolder: own, signal: abortAt(12) }).catch(() => {});
    const path = join(own, "checkpoint.safetensors");
    const { header, arrays } = decodeCheckpoint(await readFile(path), path);
    const { data: stored, ...others } = header as { data: { inputs?: string } };
    const { inputs: _, ...known } = stored;
    await writeFile(path, encodeCheckpoint({ header: { ...others, data: known }, arrays }));
    const result = await train(model, data, { ...options, runFolder: own, resume: true });
    expect(await remains(own, result)).toEqual(uninterrupted);
  });

  test("from a checkpoint that is cut at any byte or damaged, whose folder stays as it is", async () => {
    const path = join(runFolder, "checkpoint.safetensors");
    const whole = await readFile(path);
    const metrics = await readFile(join(runFolder, "metrics.jsonl"), "utf8");
    const step = Math.ceil(whole.length / 60);
    for (let end = 0; end < whole.length; end += step) {
      await writeFile(path, whole.subarray(0, end));
      expect(await refusal({})).toMatch(new RegExp(`^checkpoint: ${path} ends after ${end} bytes, `));
    }
    for (let at = 0; at < whole.length; at += step) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x10;
      await writeFile(path, damaged);
      expect(await refusal({})).toMatch(/^checkpoint: .* is (damaged|not a checkpoint)/);
    }
    expect(await readFile(join(runFolder, "metrics.jsonl"), "utf8")).toBe(metrics);
    await writeFile(path, whole);
  });

  test("without a run folder", async () => {
    expect(await refusal({ runFolder: undefined })).toBe("train: resume needs a runFolder to resume from");
  });
});
