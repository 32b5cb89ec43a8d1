import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tfRecord, tfRecords } from "../../src/formats/tfrecord.ts";
import { mlp } from "../../src/models/mlp.ts";
import { event, sessionStart, versionEvent } from "../../src/report/tensorboard/event.ts";
import { tensorBoard } from "../../src/report/tensorboard/tensorboard.ts";
import { eventsOf, recordsOf } from "../../src/report/tensorboard/testing.ts";
import type { EpochMetrics } from "../../src/train/index.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Event files for TensorBoard, damaged: what is read is the whole records at their beginning, and a resumed training leaves a whole file. */
export const events: Suite = {
  name: "events",
  about: "damaged event files of TensorBoard, read and resumed",
  cases: 600,
  full: 100_000,
  run: (options) =>
    eachCase(options, (seed) => {
      const draws = new Draws(seed);
      return draws.oneIn(4) ? resumed(draws, options.folder) : recordCase(draws);
    }),
};

function damaged(bytes: Uint8Array, draws: Draws): Uint8Array {
  return new Uint8Array(draws.of(Object.values(damages))(bytes, draws));
}

const hex = (records: readonly Uint8Array[]): string => records.map((data) => Buffer.from(data).toString("hex")).join();

/** The records by the other reader, as many as it takes from the beginning. */
function simplyRead(bytes: Uint8Array): Uint8Array[] {
  for (let end = bytes.length; end > 0; end--) {
    try {
      return recordsOf(bytes.subarray(0, end));
    } catch {}
  }
  return [];
}

async function recordCase(draws: Draws): Promise<string> {
  const records = Array.from({ length: draws.below(4) }, () => draws.bytes(draws.below(20)));
  const whole = Buffer.concat(records.map(tfRecord));
  const bytes = draws.oneIn(5) ? new Uint8Array(whole) : damaged(whole, draws);
  const found = await attempt(bytes.length, "never", () => tfRecords(bytes));
  if (found === REFUSED) throw new Error("refused");
  const simple = simplyRead(bytes);
  if (hex(found.map(({ data }) => data)) !== hex(simple))
    throw new Error(`read ${hex(found.map(({ data }) => data))}, simply ${hex(simple)}`);
  return found.length === records.length ? "read" : "read in part";
}

const model = mlp({ input: 2, hidden: [], classes: 2 });
const score = { nll: 1, error: 0.5 };
const history = [1, 2, 3].map(
  (epoch) => ({ epoch, step: 10 * epoch, seconds: epoch, train: score, valid: { stochastic: score, deterministic: score }, stepSeconds: 0.1, rate: 0.1 }) as unknown as EpochMetrics<string>, // biome-ignore format: one line
);

/** A training that was stopped is resumed over an event file that was damaged, or whose records are of anything: what it leaves is whole. */
async function resumed(draws: Draws, folder: string): Promise<string> {
  const file = join(folder, "events.out.tfevents.heaviside");
  await rm(file, { force: true });
  const contents = [versionEvent(5), event(5, 0, [sessionStart(5, { rate: 0.1 })]), event(6, 10, []), event(7, 20, [])];
  const records = contents.map((data) => (draws.oneIn(6) ? draws.bytes(draws.below(30)) : data));
  const whole = Buffer.concat(records.map(tfRecord));
  await writeFile(file, draws.oneIn(3) ? whole : damaged(whole, draws));
  const known = history.slice(0, draws.below(4));
  const log = tensorBoard(folder);
  const found = await attempt(100_000, "tensorBoard", async () => {
    await log.begin({ model, config: { rate: 0.1 }, history: known });
    await log.epoch({ ...history[0]!, step: 40, epoch: 4 }, () => [{ weight: { data: new Float32Array(4), shape: [2, 2], dtype: "float32" }, bias: { data: new Float32Array(2), shape: [2], dtype: "float32" } }] as never); // biome-ignore format: one line
    return eventsOf(await readFile(file));
  });
  if (found === REFUSED) return REFUSED;
  const steps = found.map(({ step }) => step).join();
  const wanted = [0, ...known.map(({ step }) => step), 40].join();
  if (steps !== wanted) throw new Error(`steps ${steps}, must be ${wanted}`);
  if (!found.every(({ seconds }) => Number.isFinite(seconds))) throw new Error("a time that is no number");
  return "resumed";
}
