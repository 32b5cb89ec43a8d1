import { type Resident, resident } from "../../compile/resident.ts";
import { featuresOf, floats, type LabelledDataset } from "../../data/dataset.ts";
import { count } from "../../describe/format.ts";
import { resolveEstimator } from "../../estimators/index.ts";
import type { Tensor } from "../../graph/index.ts";
import { type AutoencoderNetwork, autoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import type { Contestant } from "../contestants.ts";
import type { Task } from "../engine/tasks.ts";
import type { Study } from "../experiment.ts";
import { boundMeter, reconstructions } from "./evaluate.ts";
import type { Finished } from "./page.ts";
import type { Protocol } from "./protocol.ts";
import { type History, runAutoencoder, type Trained } from "./run.ts";
import { initialState } from "./step.ts";
import { adaptation, type MeasuredVariance, placedAt, varianceMeter } from "./variance.ts";

/** What decides the numbers. */
export interface Settings extends Omit<Protocol, "latents"> {
  readonly data: "mnist" | "fashion-mnist";
  readonly network: AutoencoderNetwork;
  readonly layers: number;
  readonly latents: number;
  readonly steps: number;
  readonly seed: number;
  readonly limit?: number;
  /** Pairs of gradients for each variance. */
  readonly pairs: number;
  /** Times that variances are measured after the start. */
  readonly points: number;
}

/** What was asked for. */
export interface Asked {
  readonly settings: Settings;
  readonly entrants: readonly Contestant[];
  readonly dataDir: string | undefined;
}

export interface Prepared {
  readonly data: LabelledDataset;
  /** Of each pixel over the training images. */
  readonly mean: Float32Array;
  /** Trainings that this process has done or read, by label. */
  readonly trained: Map<string, Trained>;
}

interface Scores {
  /** Nats an example, one sample each: the first training examples, and the whole test set. */
  readonly trainElbo: number;
  readonly testElbo: number;
  /** The test set's bound with the protocol's number of samples. */
  readonly testBound: number;
}

/** What one estimator's training came to. */
interface TrainingRecord extends History, Scores {
  readonly kind: "training";
  readonly label: string;
}

/** An estimator's variance at the parameters of the first one's training, its own state settled there. */
interface CommonRecord {
  readonly kind: "common";
  readonly label: string;
  readonly common: readonly MeasuredVariance[];
}

export type AutoencoderRecord = TrainingRecord | CommonRecord;
export type AutoencoderStudy = Study<Asked, Prepared, AutoencoderRecord>;

/** Both records of one estimator. */
export interface AutoencoderResult extends History, Scores {
  readonly label: string;
  readonly config: { readonly name: string };
  readonly common: readonly MeasuredVariance[];
}

/** Training examples that the final ELBO is of. */
const TRAIN_EXAMPLES = 10_000;
/** Steps that an estimator's state is given to settle at parameters that it didn't train. */
const SETTLING = 500;
/** Test images that are shown. */
const SHOWN = 12;

/** A training for each estimator, then its variance at common parameters. Work is in training steps. */
export function tasks(study: AutoencoderStudy): Task<AutoencoderRecord>[] {
  const { entrants, settings } = study.settings;
  const measuring = (settings.points + 1) * 2 * settings.pairs;
  return [
    ...entrants.map((entrant) => ({
      ...{ id: `training ${entrant.label}`, title: entrant.label, work: settings.steps + measuring },
      run: (onWork: OnWork) => trainingRecord(entrant, study, onWork),
    })),
    ...entrants.map((entrant) => ({
      id: `common ${entrant.label}`,
      title: `variance of ${entrant.label} at common parameters`,
      work: measuring + (settings.points + 1) * SETTLING,
      run: (onWork: OnWork) => commonRecord(entrant, study, onWork),
    })),
  ];
}

type OnWork = Parameters<Task<AutoencoderRecord>["run"]>[0];

function modelOf({ config }: Contestant, { settings: { settings }, data: { mean } }: AutoencoderStudy) {
  const { network, latents, layers } = settings;
  return autoencoder({ mean, network, latents, layers, estimator: config });
}

/** Trains by one estimator; a training that is done gives its result again. */
async function training(entrant: Contestant, study: AutoencoderStudy, onWork?: OnWork): Promise<Trained> {
  const { settings, entrants } = study.settings;
  const { data, trained } = study.data;
  const { label, config } = entrant;
  const known = trained.get(label);
  if (known) return known;
  const { steps, seed, pairs, points } = settings;
  const found = await runAutoencoder(
    modelOf(entrant, study),
    data,
    study.backend,
    {
      looks: study.store(`${label} looks`),
      train: (model, data, options) => study.train(label, model, data, options),
    },
    {
      ...{ protocol: settings, steps, seed, pairs, points, keep: entrant === entrants[0] },
      identity: { ...settings, estimator: resolveEstimator(config), backend: study.backend.info().name },
    },
    {
      signal: study.signal,
      onProgress: ({ step, elbo, stepsPerSecond }) =>
        onWork?.(
          step,
          `step ${count(step)}/${count(steps)}`,
          `ELBO ${elbo.toFixed(2)}`,
          `${count(stepsPerSecond)} steps/s`,
        ),
    },
  );
  trained.set(label, found);
  return found;
}

const paramsOf = ({ state }: Trained, { backend }: AutoencoderStudy) => resident(state.params, { backend });

async function trainingRecord(entrant: Contestant, study: AutoencoderStudy, onWork: OnWork): Promise<TrainingRecord> {
  const found = await training(entrant, study, onWork);
  const { curve, variance, seconds } = found;
  const scores = await scoresOf(entrant, paramsOf(found, study), study);
  return { kind: "training", label: entrant.label, ...scores, curve, variance, seconds };
}

async function scoresOf(
  entrant: Contestant,
  params: Resident<Params<Tensor>>,
  study: AutoencoderStudy,
): Promise<Scores> {
  const { seed, samples } = study.settings.settings;
  const { backend, signal } = study;
  const { train, test } = study.data.data;
  const model = modelOf(entrant, study);
  const elbo = boundMeter(model, backend, 1, seed);
  const trainElbo = await elbo(params, train, TRAIN_EXAMPLES, signal);
  const testElbo = await elbo(params, test, test.size, signal);
  const testBound = await boundMeter(model, backend, samples, seed)(params, test, test.size, signal);
  return { trainElbo, testElbo, testBound };
}

/** Measures at the parameters that the first estimator's training went through. */
async function commonRecord(entrant: Contestant, study: AutoencoderStudy, onWork: OnWork): Promise<CommonRecord> {
  const { settings, entrants } = study.settings;
  const { batch, pairs, seed } = settings;
  const { backend, signal } = study;
  const { train } = study.data.data;
  const { kept, variance: places } = await training(entrants[0]!, study);
  const model = modelOf(entrant, study);
  const measure = varianceMeter(model, backend, train, { batch, pairs, seed });
  const settle = adaptation(model, backend, train, batch, seed);
  let at = initialState(model, settings, seed);
  const common: MeasuredVariance[] = [];
  for (const [i, params] of kept.entries()) {
    at = await settle(placedAt(params, at, places[i]!.step), SETTLING, signal);
    common.push(await measure(at, signal));
    onWork(common.length * (SETTLING + 2 * pairs), `place ${common.length}/${kept.length}`);
  }
  return { kind: "common", label: entrant.label, common };
}

/** Both records of every estimator, and pictures of what each decoder makes of test images. */
export async function resultsOf(records: readonly AutoencoderRecord[], study: AutoencoderStudy): Promise<Finished> {
  const { settings, entrants } = study.settings;
  const { data } = study.data;
  const { test } = data;
  const [pixels, number] = [featuresOf(data), Math.min(SHOWN, test.size)];
  const images = Array.from({ length: number }, (_, i) => floats(test.fields.x).slice(i * pixels, (i + 1) * pixels));
  const shown: Finished["shown"][number][] = [{ name: "test images", images }];
  const results: AutoencoderResult[] = [];
  for (const entrant of entrants) {
    const { label, config } = entrant;
    const own = records.filter((record) => record.label === label);
    const trained = own.find((record) => record.kind === "training")!;
    const { common } = own.find((record) => record.kind === "common")!;
    const { kind: _, label: __, ...history } = trained;
    results.push({ label, config: resolveEstimator(config) as { name: string }, ...history, common });
    const params = paramsOf(await training(entrant, study), study);
    const made = reconstructions(modelOf(entrant, study), study.backend, params, test, number, settings.seed);
    shown.push({ name: label, images: made });
  }
  return { settings, data, results, shown };
}
