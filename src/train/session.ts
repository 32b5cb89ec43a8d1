import type { Backend } from "../backends/backend.ts";
import { type Compiled, compile } from "../compile/compile.ts";
import { Resident, resident } from "../compile/resident.ts";
import { type Batch, batchCount, batches, shuffled } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { NdArray, type Tensor, type Tree } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import type { Optimizer } from "../optimizers/index.ts";
import { type Begun, changed, watchedIn } from "./begin.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { lengthOf, type TrainingConfig } from "./config.ts";
import { divergence } from "./diverged.ts";
import { type Evaluator, evaluator } from "./evaluate.ts";
import { type EpochMetrics, Interrupted, type Score, type Scores, type TrainEvent } from "./events.ts";
import { checkedAfter, finiteWatch, nameOf } from "./finite.ts";
import { thresholdFitter } from "./fit.ts";
import type { TrainOptions } from "./options.ts";
import { pacer, pause } from "./pause.ts";
import { type Restrain, restrainer } from "./restrain.ts";
import { type Trained, trained } from "./result.ts";
import { type Best, type Position, ranOn, sameRanOn, toCheckpoint } from "./snapshot.ts";
import { type StepResult, type TrainingState, trainingStep } from "./step.ts";

/** Steps of an epoch. */
export const stepsIn = ({ train }: Pick<Dataset, "train">, { batch }: Pick<TrainingConfig, "batch">): number =>
  batchCount(train.size, batch, { last: "keep" });

/** What a training is made of. */
interface Parts extends Begun {
  readonly model: Model;
  readonly data: Dataset;
  readonly config: TrainingConfig;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  /** Learning rate of a step number. */
  readonly rate: (step: Tensor) => Tensor;
  /** The state before the first step. */
  readonly fresh: TrainingState<NdArray>;
  readonly options: TrainOptions;
}

/** One training from where it stands to its end. */
export class Session {
  readonly #parts: Parts;
  readonly #steps: number;
  readonly #position: Position;
  readonly #metrics: EpochMetrics[];
  #best: Best | undefined;
  readonly #state: Resident<TrainingState<Tensor>>;
  readonly #params: Resident<Params<Tensor>>;
  readonly #step: Compiled<[TrainingState<Tensor>, Tensor, Tensor], StepResult<Tensor>>;
  readonly #restrain: Restrain | undefined;
  readonly #evaluation: Evaluator;
  readonly #fitThresholds: ReturnType<typeof thresholdFitter>;
  readonly #notFinite: (state: Resident<TrainingState<Tensor>>) => string | undefined;
  readonly #seconds: () => number;
  readonly #pace = stopwatch(0);
  readonly #saveDue: () => boolean;
  readonly #pauseDue = pacer(50);
  /** Steps since this session began. */
  #done = 0;
  /** The mean losses of the last step and of the one before. */
  #losses: readonly [number | undefined, number | undefined] = [undefined, undefined];

  constructor(parts: Parts) {
    const { model, data, config, backend, optimizer, rate, fresh, options, snapshot } = parts;
    this.#parts = parts;
    this.#steps = stepsIn(data, config);
    this.#position = snapshot.position;
    this.#metrics = [...snapshot.metrics];
    this.#best = snapshot.best;
    this.#state = resident<TrainingState<Tensor>>(snapshot.state as never, { backend });
    const { params } = this.#state.tree as unknown as { params: Tree<never> };
    this.#params = new Resident<Params<Tensor>>(params, backend);
    this.#step = compile(trainingStep(model, optimizer, rate, config), { backend });
    this.#restrain = restrainer(config)?.(model, backend);
    this.#evaluation = evaluator(model, backend, { ...config, signal: options.signal });
    this.#fitThresholds = thresholdFitter(model, backend);
    this.#notFinite = finiteWatch(backend, watchedIn(fresh));
    this.#seconds = stopwatch(this.#position.seconds);
    this.#saveDue = pacer(1000 * (options.checkpointSeconds ?? 60));
  }

  /** Rejects as `train` does. */
  async *run(): AsyncGenerator<TrainEvent, Trained, void> {
    const { backend, options, snapshot, config, data } = this.#parts;
    const warning = changed(snapshot.ranOn, backend);
    if (warning) yield { kind: "warning", message: warning };
    this.#checkState();
    if (!options.resume || snapshot.ranOn === undefined) await this.#save();
    const here = ranOn(backend);
    while (!this.#finished()) {
      const at = this.#position;
      if (!at.ranOn.some((kind) => sameRanOn(kind, here))) at.ranOn.push(here);
      const order = shuffled(data.train.size, config.seed, at.epoch).subarray(at.batch * config.batch);
      for (const batch of batches(data.train, config.batch, order, { last: "keep" })) {
        this.#train(batch);
        if (this.#pauseDue() || at.batch === this.#steps) {
          yield { kind: "progress", ...this.#progress() };
          await pause();
        }
        if (options.signal?.aborted) throw await this.#interrupted();
        if (this.#saveDue()) await this.#save();
      }
      yield { kind: "epoch", ...(await this.#endEpoch()) };
    }
    return this.#result();
  }

  /** One step, with what must hold after it. */
  #train({ inputs, labels, size }: Batch): void {
    const at = this.#position;
    const before = performance.now();
    const x = new NdArray(inputs, [size, ...this.#parts.model.inputShape]);
    const { loss, wrong, open } = this.#step(this.#state as never, x as never, labels as never);
    at.stepSeconds += (performance.now() - before) / 1000;
    at.batch++;
    const mean = loss.item();
    if (!Number.isFinite(mean)) throw this.#diverged("the loss", mean);
    this.#losses = [mean, this.#losses[0]];
    const done = this.#stepsDone();
    this.#restrain?.(this.#params, done);
    at.loss += mean * size;
    at.wrong += wrong.item();
    at.open = open.map((share, i) => (at.open[i] ?? 0) + share.item() * size);
    at.examples += size;
    at.trained += size;
    this.#done++;
    if (checkedAfter(done)) this.#checkState();
  }

  /** Steps since the start of the training. */
  #stepsDone(): number {
    return (this.#position.epoch - 1) * this.#steps + this.#position.batch;
  }

  /** Throws Diverged, naming the first array of the state that is no longer finite. */
  #checkState(): void {
    const path = this.#notFinite(this.#state);
    if (path !== undefined) throw this.#diverged(nameOf(path, this.#parts.model));
  }

  #diverged(what: string, value?: number): Error {
    const { folder, snapshot: _, ...setting } = this.#parts;
    return divergence(
      {
        what,
        value,
        position: this.#position,
        before: value === undefined ? this.#losses[1] : this.#losses[0],
        params: this.#params.read() as unknown as Tree<NdArray>,
        best: this.#best,
        runFolder: folder?.path,
      },
      { ...setting, steps: this.#steps },
    );
  }

  async #interrupted(): Promise<Interrupted> {
    await this.#save();
    const { epoch, batch } = this.#position;
    return new Interrupted(epoch, batch, this.#parts.folder?.path);
  }

  /**
   * Writes a checkpoint of a state that is finite. Of another it writes none, so that the last good one stays: the clock says when to save,
   * and the step at which a divergence is reported must not depend on the clock.
   */
  async #save(): Promise<void> {
    const { folder, snapshot, backend } = this.#parts;
    if (!folder || this.#notFinite(this.#state) !== undefined) return;
    this.#position.seconds = this.#seconds();
    const now = {
      identity: snapshot.identity,
      position: this.#position,
      metrics: this.#metrics,
      best: this.#best,
      state: this.#state.read() as unknown as TrainingState<NdArray>,
      ranOn: this.#done > 0 ? ranOn(backend) : snapshot.ranOn,
    };
    await folder.save(encodeCheckpoint(toCheckpoint(now)));
  }

  #finished(): boolean {
    const { patience } = this.#parts.config;
    const { epochs } = lengthOf(this.#parts.config, this.#steps);
    const stale = this.#metrics.length - (this.#best?.epoch ?? 0);
    return this.#position.epoch > epochs || (patience !== undefined && stale >= patience);
  }

  #progress() {
    const at = this.#position;
    const { epochs } = lengthOf(this.#parts.config, this.#steps);
    const left = (epochs - at.epoch) * this.#steps + this.#steps - at.batch;
    return {
      epoch: at.epoch,
      epochs,
      step: at.batch,
      steps: this.#steps,
      loss: at.loss / at.examples,
      examplesPerSecond: at.trained / at.stepSeconds,
      secondsLeft: (this.#pace() / this.#done) * left,
    };
  }

  /** Scores, selection and checkpoint after an epoch's last step. An epoch counts when all of its numbers are finite. */
  async #endEpoch(): Promise<EpochMetrics> {
    const { data, config, folder } = this.#parts;
    const at = this.#position;
    this.#checkState();
    const unfitted = this.#fitThresholds(this.#params, data.train);
    if (unfitted !== undefined) throw this.#diverged(unfitted);
    const valid = await this.#scores("valid");
    const test = config.test === "epoch" ? await this.#scores("test") : undefined;
    if (this.#best === undefined || valid.deterministic.error < this.#best.valid.error) {
      const params = this.#params.read() as unknown as Params<NdArray>;
      this.#best = { epoch: at.epoch, valid: valid.deterministic, params };
    }
    const epoch: EpochMetrics = {
      epoch: at.epoch,
      step: at.epoch * this.#steps,
      train: runningScore(at),
      valid,
      ...(test && { test }),
      examplesPerSecond: at.trained / at.stepSeconds,
      seconds: this.#seconds(),
      ranOn: at.ranOn,
    };
    this.#metrics.push(epoch);
    Object.assign(at, { epoch: at.epoch + 1, batch: 0, loss: 0, wrong: 0, examples: 0, open: [], ranOn: [] });
    await folder?.append(epoch);
    await this.#save();
    return epoch;
  }

  /** Both readouts' scores of the parameters as they are. */
  async #scores(name: "valid" | "test"): Promise<Scores> {
    let found: Scores;
    try {
      found = await this.#evaluation.scores(this.#params, this.#parts.data[name]);
    } catch (error) {
      throw this.#parts.options.signal?.aborted ? await this.#interrupted() : error;
    }
    return this.#finite(`the ${name === "valid" ? "validation" : "test"} NLL`, found);
  }

  #finite(what: string, scores: Scores): Scores {
    for (const { nll } of [scores.deterministic, scores.stochastic])
      if (!Number.isFinite(nll)) throw this.#diverged(what, nll);
    return scores;
  }

  /** The result of the selected epoch. */
  async #result(): Promise<Trained> {
    const { data, config, backend, folder, options } = this.#parts;
    const at = this.#position;
    const chosen = this.#best!;
    const selected = resident<Params<Tensor>>(chosen.params as never, { backend });
    let [train, test]: [Score?, Scores?] = [];
    try {
      train = await this.#evaluation.score(selected, data.train, "deterministic");
      test = await this.#evaluation.scores(selected, data.test);
    } catch (error) {
      throw options.signal?.aborted ? new Interrupted(at.epoch, at.batch, folder?.path) : error;
    }
    this.#finite("the training NLL", { stochastic: train, deterministic: train });
    this.#finite("the test NLL", test);
    return trained({
      summary: {
        run: folder?.path ?? null,
        seed: config.seed,
        epochs: this.#metrics.length,
        train,
        valid: chosen.valid,
        test,
        examplesPerSecond: at.trained / at.stepSeconds,
        seconds: this.#seconds(),
      },
      best: chosen,
      history: this.#metrics,
    });
  }
}

/** The epoch so far, as it went. */
function runningScore({ loss, wrong, open, examples }: Position): Score {
  return {
    nll: loss / examples,
    error: (100 * wrong) / examples,
    ...(open.length > 0 && { gates: open.map((total) => ({ open: total / examples })) }),
  };
}

/** Seconds since it was made, on top of those given. */
function stopwatch(before: number): () => number {
  const start = performance.now();
  return () => before + (performance.now() - start) / 1000;
}
