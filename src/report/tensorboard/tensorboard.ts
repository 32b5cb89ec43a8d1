import { joined } from "../../formats/protobuf.ts";
import { tfRecord, tfRecords } from "../../formats/tfrecord.ts";
import { type Model, UserError } from "../../index.ts";
import { show } from "../../rules.ts";
import { bytesIn, writeFrom } from "../../runs/growing.ts";
import { ensureFolder } from "../../runs/index.ts";
import type { EpochMetrics, Logged, TrainingLog } from "../../train/index.ts";
import { begunAt, event, isOfStep, sessionEnd, sessionStart, type Value, versionEvent } from "./event.ts";
import { hyperparameters, metricValues, parameterValues, resultValues } from "./values.ts";

/** TensorBoard takes any file whose name has "tfevents" in it. One for each training: it grows where a training is resumed. */
const FILE = "events.out.tfevents.heaviside";
/** Records before that of the first validation: the version, and the options of the training. */
const HEAD = 2;

const now = (): number => Date.now() / 1000;

/**
 * A log for TensorBoard: `train(model, data, { log: tensorBoard("logs/first") })`, then `tensorboard --logdir logs`. Each validation is a step with all
 * scores and speeds as scalars, all parameters as histograms, and the weights of a first layer over images as a picture. The HPARAMS tab
 * compares trainings by their options.
 *
 * A resumed training goes on in its file, without a step twice; steps that the file lacks are written without parameters.
 * Throws UserError for what is no path; the training does where the folder holds the events of another one, or can't be written.
 * @param folder one for each training, such as its run folder
 */
export function tensorBoard(folder: string): TrainingLog {
  if (typeof folder !== "string" || folder === "")
    throw new UserError(`tensorBoard: folder must be the path of a folder, received ${show(folder)}`);
  let file: EventFile;
  let model: Model;
  return {
    async begin(training) {
      model = training.model;
      file = await eventFile(folder, training);
    },
    epoch: async (metrics, params) =>
      file.append(metrics.step, [...metricValues(metrics), ...(await parameterValues(model, params()))]),
    end: async (result) =>
      file.append(result.history.find(({ epoch }) => epoch === result.selectedEpoch)!.step, [
        ...resultValues(result),
        sessionEnd(now()),
      ]),
  };
}

interface EventFile {
  append(step: number, values: readonly Value[]): Promise<void>;
}

/** The event file of a folder, to be written from where the history of the training ends. Nothing is written before the first event. */
async function eventFile(folder: string, { config, history }: Logged): Promise<EventFile> {
  const path = `${folder}/${FILE}`;
  const before = (await bytesIn(path)) ?? new Uint8Array(0);
  const found = tfRecords(before);
  const start = found[0] && begunAt(found[0].data);
  // What doesn't begin as our file does is no beginning of one.
  const records = start === undefined ? [] : found;
  if (history.length === 0 && found.length > HEAD)
    throw new UserError(`tensorBoard: ${folder} holds the events of another training: choose another folder`);
  const begun = start ?? now() - (history.at(-1)?.seconds ?? 0);
  const head = [versionEvent(begun), event(begun, 0, [sessionStart(begun, hyperparameters(config))])];
  const known = history.findIndex(({ step }, i) => !records[HEAD + i] || !isOfStep(records[HEAD + i]!.data, step));
  const kept = records.slice(HEAD, HEAD + (known < 0 ? history.length : known));
  const missing = history
    .slice(kept.length)
    .map((metrics: EpochMetrics<string>) => event(begun + metrics.seconds, metrics.step, metricValues(metrics)));
  const events = [...head, ...kept.map(({ data }) => data), ...missing];
  let pending = joined(events.map(tfRecord));
  // The file is not touched where it begins so already: TensorBoard may be reading it.
  let place = 0;
  while (place < pending.length && pending[place] === before[place]) place++;
  pending = pending.subarray(place);
  return {
    async append(step, values) {
      await ensureFolder(folder);
      const bytes = joined([pending, tfRecord(event(now(), step, values))]);
      await writeFrom(path, place, bytes);
      place += bytes.length;
      pending = new Uint8Array(0);
    },
  };
}
