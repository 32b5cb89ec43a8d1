import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { startBackend } from "../../backends/select.ts";
import { type Resident, resident } from "../../compile/resident.ts";
import { binarised, featureMeans } from "../../data/binarize.ts";
import { featuresOf, floats, type LabelledDataset, loadDataset } from "../../data/index.ts";
import { UserError } from "../../errors.ts";
import { resolveEstimator } from "../../estimators/index.ts";
import { boundMeter, reconstructions } from "../../experiments/autoencoder/evaluate.ts";
import { compared, protocol } from "../../experiments/autoencoder/protocol.ts";
import { type History, runAutoencoder, Stopped } from "../../experiments/autoencoder/run.ts";
import { initialState } from "../../experiments/autoencoder/step.ts";
import { adaptation, type MeasuredVariance, placedAt, varianceMeter } from "../../experiments/autoencoder/variance.ts";
import type { NdArray, Tensor } from "../../graph/index.ts";
import { type AutoencoderParams, autoencoder, autoencoderNetworks } from "../../models/autoencoder.ts";
import { checkChoice } from "../../rules.ts";
import { holding, readText, writeAtomically } from "../../runs/index.ts";
import { clock, count, jsonLine } from "../format.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { sealed, unsealed } from "../sealed.ts";
import { interruptible, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { autoencoderMarkdown, autoencoderReport, autoencoderText } from "./autoencoder-report.ts";
import {
  benchmarkFolder,
  type Contestant,
  contestants,
  folderOf,
  type MachineFlags,
  machineOf,
  numberFlag,
  storeIn,
} from "./shared.ts";

export interface AutoencoderFlags extends MachineFlags {
  readonly data?: string;
  readonly dataDir?: string;
  readonly encoder?: string;
  readonly layers?: string;
  readonly latents?: string;
  readonly estimators?: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly limit?: string;
  readonly pairs?: string;
  readonly points?: string;
  readonly out: string;
  readonly json?: boolean;
}

interface Scores {
  /** Nats an example, one sample each: the first training examples, and the whole test set. */
  readonly trainElbo: number;
  readonly testElbo: number;
  /** The test set's bound with the protocol's number of samples. */
  readonly testBound: number;
}

/** What one estimator's training came to. */
export interface AutoencoderResult extends History, Scores {
  readonly label: string;
  readonly config: { readonly name: string };
  /** The variance at the parameters of the first estimator's training, its own state settled there. */
  readonly common: readonly MeasuredVariance[];
}

const subject = "benchmark autoencoder";
const dataNames = ["mnist", "fashion-mnist"] as const;
/** Training examples that the final ELBO is of. */
const TRAIN_EXAMPLES = 10_000;
/** Steps that an estimator's state is given to settle at parameters that it didn't train. */
const SETTLING = 500;
/** Test images that are shown. */
const SHOWN = 12;

export type Settings = ReturnType<typeof settingsOf>;

/** What decides the numbers. */
function settingsOf(flags: AutoencoderFlags) {
  const data = flags.data ?? "mnist";
  checkChoice(`${subject}: --data`, data, dataNames);
  const network = flags.encoder ?? "linear";
  checkChoice(`${subject}: --encoder`, network, autoencoderNetworks);
  const whole = (flag: keyof AutoencoderFlags, usual: number, atLeast: number, atMost = Number.MAX_SAFE_INTEGER) =>
    numberFlag(subject, flag, flags[flag] as string | undefined, usual, {
      ...{ whole: true, atLeast },
      ...(atMost < Number.MAX_SAFE_INTEGER && { atMost }),
    });
  const steps = whole("steps", 20_000, 1);
  return {
    data,
    network,
    layers: whole("layers", 1, 1),
    latents: whole("latents", protocol.latents, 1),
    steps,
    seed: whole("seed", 1, 0, 2 ** 32 - 1),
    ...(flags.limit !== undefined && { limit: whole("limit", 0, protocol.batch) }),
    pairs: whole("pairs", 100, 2),
    // Each is at a step of its own.
    points: whole("points", Math.min(8, steps), 1, steps),
    batch: protocol.batch,
    rate: protocol.rate,
    priorRate: protocol.priorRate,
    samples: protocol.samples,
    binarisation: protocol.binarisation,
  };
}

/** Trains one autoencoder an estimator, goes on where it was stopped, and ends with a table and a report. */
export async function autoencoderCommand(flags: AutoencoderFlags, terminal: Terminal): Promise<number> {
  const settings = settingsOf(flags);
  const entrants = contestants(subject, flags.estimators ?? compared.join(","));
  machineOf(subject, flags);
  const probe = { mean: new Float32Array(1), network: settings.network };
  for (const { config } of entrants) autoencoder({ ...probe, estimator: config });
  const reference = entrants[0]!.label;
  await benchmarkFolder(subject, flags.out, { benchmark: "autoencoder", ...settings, reference });
  return holding(flags.out, () => compare(flags, terminal, settings, entrants));
}

async function compare(
  flags: AutoencoderFlags,
  terminal: Terminal,
  settings: Settings,
  entrants: readonly Contestant[],
): Promise<number> {
  const machine = machineOf(subject, flags);
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  progress.update(`reading ${settings.data}`);
  const data = binarised(
    await loadDataset(settings.data, { dir: flags.dataDir, limit: settings.limit }),
    settings.binarisation,
  );
  if (data.train.size < settings.batch)
    throw new UserError(
      `${subject}: needs at least ${settings.batch} training examples, a batch, received ${data.train.size}`,
    );
  const on = await startBackend(machine.name, { threads: machine.threads });
  const bench = new Benchmark(settings, data, on, flags.out, progress);
  try {
    progress.line(bench.heading(entrants.length));
    const results = await interruptible(
      terminal,
      () => progress.line("stopping after this step; Ctrl-C again ends at once"),
      (signal) => bench.run(entrants, signal),
    );
    const made = { settings, data, results, shown: bench.shown, on };
    await writeAtomically(join(flags.out, "results.json"), `${JSON.stringify({ settings, results }, null, 1)}\n`);
    await writeAtomically(join(flags.out, "results.md"), `${autoencoderMarkdown(made)}\n`);
    await writeAtomically(join(flags.out, "report.html"), await autoencoderReport(made));
    progress.clear();
    stream.write(`\n${autoencoderText(made, styleFor(stream, terminal.env).bold)}\n`);
    stream.write(`curves, variances and reconstructions: ${join(flags.out, "report.html")}\n`);
    if (flags.json) terminal.out.write(`${jsonLine({ settings, results })}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    progress.clear();
    terminal.err.write(`heaviside: ${error.message}; the same command again goes on from there\n`);
    return STOPPED;
  } finally {
    await on.close();
  }
}

type Params = AutoencoderParams<NdArray>;

class Benchmark {
  readonly #settings: Settings;
  readonly #data: LabelledDataset;
  readonly #on: Backend;
  readonly #folder: string;
  readonly #progress: ProgressLine;
  readonly #mean: Float32Array;
  /** Test images, and what each estimator's decoder makes of them. */
  readonly shown: { name: string; images: readonly Float32Array[] }[] = [];

  constructor(settings: Settings, data: LabelledDataset, on: Backend, folder: string, progress: ProgressLine) {
    this.#settings = settings;
    this.#data = data;
    this.#on = on;
    this.#folder = folder;
    this.#progress = progress;
    this.#mean = featureMeans(data.train);
    const pixels = featuresOf(data);
    const images = Array.from({ length: Math.min(SHOWN, data.test.size) }, (_, i) =>
      floats(data.test.fields.x).slice(i * pixels, (i + 1) * pixels),
    );
    this.shown.push({ name: "test images", images });
  }

  heading(estimators: number): string {
    const { network, latents, layers, steps, batch } = this.#settings;
    const { name, instructionSet, threads } = this.#on.info();
    return [
      `autoencoder, ${network}, ${layers === 1 ? "" : `${layers} layers of `}${latents} binary latents`,
      `${this.#data.name}, ${count(this.#data.train.size)} training examples`,
      `${count(steps)} steps of ${batch}, ${estimators} ${estimators === 1 ? "estimator" : "estimators"}`,
      `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
    ].join("; ");
  }

  #model({ config }: Contestant) {
    const { network, latents, layers } = this.#settings;
    return autoencoder({ mean: this.#mean, network, latents, layers, estimator: config });
  }

  async run(entrants: readonly Contestant[], signal: AbortSignal): Promise<AutoencoderResult[]> {
    const trained: Omit<AutoencoderResult, "common">[] = [];
    let kept: readonly Params[] = [];
    for (const [i, entrant] of entrants.entries()) {
      const found = await this.#train(entrant, i, entrants.length, signal);
      trained.push(found.result);
      if (i === 0) kept = found.kept;
    }
    const results: AutoencoderResult[] = [];
    for (const [i, entrant] of entrants.entries()) {
      this.#progress.update(`variances at common parameters ${i + 1}/${entrants.length} ${entrant.label}`);
      const common = await this.#common(entrant, kept, trained[0]!.variance, signal);
      results.push({ ...trained[i]!, common });
    }
    return results;
  }

  async #train(entrant: Contestant, i: number, of: number, signal: AbortSignal) {
    const { steps, seed, pairs, points } = this.#settings;
    const { label, config } = entrant;
    const model = this.#model(entrant);
    const path = join(this.#folder, folderOf(label));
    const [data, on] = [this.#data, this.#on];
    const started = { step: -1, time: performance.now() };
    const { state, kept, ...history } = await runAutoencoder(
      model,
      data,
      on,
      storeIn(path),
      { protocol: this.#settings, steps, seed, pairs, points, keep: i === 0, identity: this.#identity(config) },
      {
        signal,
        onProgress: ({ step, elbo, stepsPerSecond }) => {
          if (started.step < 0) Object.assign(started, { step, time: performance.now() });
          const pace = (performance.now() - started.time) / 1000 / Math.max(1, step - started.step);
          this.#progress.update(
            `${i + 1}/${of} ${label}`,
            `step ${count(step)}/${count(steps)}`,
            `${clock(pace * (steps - step + steps * (of - i - 1)))} left in all`,
            `ELBO ${elbo.toFixed(2)}`,
            `${count(stepsPerSecond)} steps/s`,
          );
        },
      },
    );
    const params = resident<AutoencoderParams<Tensor>>(state.params as never, { backend: on });
    this.shown.push({
      name: label,
      images: reconstructions(model, on, params, data.test, Math.min(SHOWN, data.test.size), seed),
    });
    const file = join(path, "result.json");
    const before = await readText(file);
    const fix = "delete it, and the scores are taken again";
    const scores =
      before === undefined
        ? await this.#scores(model, params, signal)
        : (unsealed(before, { name: file, fix }) as Scores);
    if (before === undefined) await writeAtomically(file, `${sealed(scores, 2)}\n`);
    const result = {
      label,
      config: resolveEstimator(config) as { name: string },
      ...scores,
      ...history,
    };
    this.#progress.line(
      `${i + 1}/${of} ${label}: training ELBO ${scores.trainElbo.toFixed(2)}, test bound ${scores.testBound.toFixed(2)}  ${clock(history.seconds)}`,
    );
    return { result, kept };
  }

  #identity(config: Contestant["config"]): object {
    const { name } = this.#on.info();
    return { ...this.#settings, estimator: resolveEstimator(config), backend: name };
  }

  async #scores(
    model: ReturnType<typeof autoencoder>,
    params: Resident<AutoencoderParams<Tensor>>,
    signal: AbortSignal,
  ): Promise<Scores> {
    const { seed, samples } = this.#settings;
    const { train, test } = this.#data;
    try {
      const elbo = boundMeter(model, this.#on, 1, seed);
      const trainElbo = await elbo(params, train, TRAIN_EXAMPLES, signal);
      const testElbo = await elbo(params, test, test.size, signal);
      const testBound = await boundMeter(model, this.#on, samples, seed)(params, test, test.size, signal);
      return { trainElbo, testElbo, testBound };
    } catch (error) {
      throw signal.aborted ? new Stopped("autoencoder: stopped while the test set was read") : error;
    }
  }

  /** An estimator's variance at parameters that the first one's training went through. */
  async #common(
    entrant: Contestant,
    kept: readonly Params[],
    places: readonly MeasuredVariance[],
    signal: AbortSignal,
  ): Promise<MeasuredVariance[]> {
    const { batch, pairs, seed } = this.#settings;
    const model = this.#model(entrant);
    const measure = varianceMeter(model, this.#on, this.#data.train, { batch, pairs, seed });
    const settle = adaptation(model, this.#on, this.#data.train, batch, seed);
    let at = initialState(model, seed);
    const found: MeasuredVariance[] = [];
    try {
      for (const [i, params] of kept.entries()) {
        at = await settle(placedAt(params, at, places[i]!.step), SETTLING, signal);
        found.push(await measure(at, signal));
      }
    } catch (error) {
      throw signal.aborted ? new Stopped("autoencoder: stopped while variances were measured") : error;
    }
    return found;
  }
}
