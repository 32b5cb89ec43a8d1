import { type Compiled, compile } from "../compile/compile.ts";
import { type Resident, resident } from "../compile/resident.ts";
import { type Batch, batches, shuffled } from "../data/batches.ts";
import { isStreamed, type Split } from "../data/dataset.ts";
import { batchesOf } from "../data/stream.ts";
import { NdArray, type Tensor } from "../graph/index.ts";
import { fed, remembered } from "../models/feed.ts";
import { isBetter } from "../models/head.ts";
import type { Params } from "../models/model.ts";
import { changed, watchedIn } from "./begin.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { EPOCHS } from "./config.ts";
import type { NanDebugger } from "./debug-nan/debugger.ts";
import { divergence } from "./diverged.ts";
import { type Evaluator, evaluator } from "./evaluate.ts";
import {
  type EpochMetrics,
  type FirstBroken,
  Interrupted,
  type Progress,
  type Score,
  type Scores,
  type TrainEvent,
} from "./events.ts";
import { checkedAfter, finiteWatch, nameOf } from "./finite.ts";
import { firstExamples, isFitted, readoutFitter } from "./fit.ts";
import { HealthWatch } from "./health/health.ts";
import { layoutOf } from "./layout.ts";
import type { Parts } from "./parts.ts";
import { pacer, pause, stopwatch } from "./pause.ts";
import { progressAt } from "./progress.ts";
import { type Restrain, restrainer } from "./restrain.ts";
import { type Trained, trained } from "./result.ts";
import { runningScore } from "./running.ts";
import { type Best, type Position, ranOn, type Snapshot, sameRanOn, toCheckpoint } from "./snapshot.ts";
import { Speed } from "./speed.ts";
import { type StepResult, type TrainingState, trainingStep } from "./step.ts";
import { weightNoiseReporter } from "./weight-noise/report.ts";

/** One training from where it stands to its end. */
export class Session<M extends string> {
  readonly #parts: Parts<M>;
  readonly #position: Position;
  readonly #metrics: EpochMetrics<M>[];
  #best: Best<M> | undefined;
  readonly #state: Resident<TrainingState<Tensor>>;
  readonly #params: Resident<Params<Tensor>>;
  readonly #step: Compiled<[TrainingState<Tensor>, ...Tensor[]], StepResult<Tensor>>;
  readonly #debug: NanDebugger | undefined;
  readonly #restrain: Restrain | undefined;
  readonly #evaluation: Evaluator<M>;
  readonly #fitReadout: ReturnType<typeof readoutFitter>;
  readonly #notFinite: (state: Resident<TrainingState<Tensor>>) => string | undefined;
  readonly #weightNoise: ReturnType<typeof weightNoiseReporter>;
  readonly #health: HealthWatch;
  readonly #looks: ReadonlySet<number>;
  readonly #seconds: () => number;
  readonly #pace = stopwatch(0);
  readonly #speed: Speed;
  readonly #saveDue: () => boolean;
  readonly #pauseDue = pacer(50);
  /** Steps since this session began. */
  #done = 0;
  /** Of a stream, a copy of the first batch of this session. */
  #first: readonly NdArray[] | undefined;
  /** The training examples that the readout is fitted to. */
  #fitting: Pick<Split, "size" | "fields"> | undefined;
  /** The mean losses of the last step and of the one before. */
  #losses: readonly [number | undefined, number | undefined] = [undefined, undefined];

  constructor(parts: Parts<M>) {
    const { model, config, backend, optimizer, rate, weightNoise, fresh, options, snapshot } = parts;
    this.#parts = parts;
    this.#position = snapshot.position;
    this.#speed = new Speed(snapshot.position);
    this.#metrics = [...snapshot.metrics];
    this.#best = snapshot.best;
    this.#state = resident<TrainingState<Tensor>>(snapshot.state, { backend });
    this.#params = this.#state.part("params");
    const step = trainingStep(model, optimizer, rate, config, weightNoise);
    this.#step = compile(step, { backend });
    this.#debug = parts.Debugger && new parts.Debugger({ model, backend, step, fresh });
    this.#restrain = restrainer(config)?.(model, backend);
    this.#evaluation = evaluator(model, backend, { ...config, signal: options.signal });
    this.#fitReadout = readoutFitter(model, backend);
    this.#notFinite = finiteWatch(backend, watchedIn(fresh));
    this.#weightNoise = weightNoiseReporter(weightNoise, backend);
    this.#health = new HealthWatch(parts);
    this.#looks = new Set(options.lookAt);
    this.#seconds = stopwatch(this.#position.seconds);
    this.#saveDue = pacer(1000 * (options.checkpointSeconds ?? 60));
  }

  /** A copy of the parameters as they are. */
  readonly params = (): Params<NdArray> => this.#params.read();

  /** Rejects as `train` does. */
  async *run(): AsyncGenerator<TrainEvent<M>, Trained<M>, void> {
    const { backend, options, snapshot } = this.#parts;
    const warning = changed(snapshot.ranOn, backend);
    if (warning) yield { kind: "warning", message: warning };
    this.#checkState();
    if (!options.resume || snapshot.ranOn === undefined) await this.#save();
    if (this.#position.step === 0) {
      options.onSnapshot?.(this.#snapshot());
      yield* this.#look();
    }
    while (!this.#finished()) yield* this.#epoch();
    return this.#result();
  }

  /** The steps of an epoch that aren't done yet, as far as the training goes. */
  async *#epoch(): AsyncGenerator<TrainEvent<M>, void, void> {
    const { data, augmented, config, length, options, backend, folder } = this.#parts;
    const at = this.#position;
    const here = ranOn(backend);
    const note = () => at.ranOn.some((kind) => sameRanOn(kind, here)) || at.ranOn.push(here);
    note();
    // Stopped between a step and its validation.
    if (this.#isDue()) yield* this.#validated();
    if (this.#finished()) return;
    const { batch: size, seed } = config;
    for await (const batch of batchesOf("train", data.train, { epoch: at.epoch, size, seed, skip: at.batch })) {
      note();
      this.#train(augmented(batch, at.epoch));
      yield* this.#look();
      yield* this.#health.take();
      const due = this.#isDue();
      if (this.#pauseDue() || due || at.batch === length.epoch) {
        yield { kind: "progress", ...this.#progress() };
        await pause();
      }
      folder?.lost.throwIfAborted();
      if (options.signal?.aborted) throw await this.#interrupted();
      if (this.#saveDue()) await this.#save();
      if (due) yield* this.#validated();
      if (this.#finished()) return;
    }
    const { steps, epochs = EPOCHS, validateEvery } = config;
    const validates = validateEvery === undefined || (steps === undefined && at.epoch >= epochs);
    if (validates && this.#metrics.at(-1)?.step !== at.step) yield* this.#validated({ endsEpoch: true });
    else Object.assign(at, { epoch: at.epoch + 1, batch: 0 });
  }

  /** Whether the step that was done last is one after which the training is validated, and hasn't been yet: every n-th, or the last. */
  #isDue(): boolean {
    const { validateEvery = Number.POSITIVE_INFINITY } = this.#parts.config;
    const { step } = this.#position;
    const due = step > 0 && (step % validateEvery === 0 || this.#allDone());
    return due && this.#metrics.at(-1)?.step !== step;
  }

  /** Whether all steps are done. The end of the last epoch is validated as such. */
  #allDone(): boolean {
    const { steps, epochs = EPOCHS } = this.#parts.config;
    return steps === undefined ? this.#position.epoch > epochs : this.#position.step >= steps;
  }

  /** Shows the training as it stands after a step that was asked for. */
  *#look(): Generator<TrainEvent<M>, void, void> {
    if (!this.#looks.has(this.#position.step)) return;
    this.#checkState();
    const read = () => this.#state.read();
    const at = this.#position;
    const restart = () => {
      at.looked = { loss: 0, steps: 0 };
    };
    const loss = at.looked.loss / at.looked.steps;
    yield { kind: "look", step: at.step, params: this.#params, read, loss, restart };
  }

  async *#validated(ending?: { endsEpoch: boolean }): AsyncGenerator<TrainEvent<M>, void, void> {
    yield { kind: "epoch", ...(await this.#validate(ending)) };
    yield* this.#health.take();
  }

  /** One step, with what must hold after it. */
  #train({ fields, size, places }: Batch): void {
    const at = this.#position;
    const before = performance.now();
    const given = fed(this.#parts.model, fields);
    // Rows of an epoch's first batch continue nothing.
    if (at.batch === 0) this.#state.part("carried").write(this.#parts.fresh.carried);
    if (isStreamed(this.#parts.data.train))
      this.#first ??= given.map(({ data, shape }) => new NdArray(data.slice(), shape));
    this.#debug?.before(this.#state, given, places);
    const { loss, sums, observed } = this.#step(this.#state, ...given);
    this.#speed.step(size, (performance.now() - before) / 1000);
    at.batch++;
    at.step++;
    const mean = loss.item();
    if (!Number.isFinite(mean)) throw this.#diverged("the loss", mean, this.#debug?.explain());
    this.#losses = [mean, this.#losses[0]];
    this.#restrain?.(this.#params, at.step);
    at.loss += mean * size;
    at.looked = { loss: at.looked.loss + mean, steps: at.looked.steps + 1 };
    for (const [name, sum] of Object.entries(sums)) at.sums[name] = (at.sums[name] ?? 0) + sum.item();
    at.observed = observed.map((report, i) => {
      const totals = at.observed[i] ?? {};
      return Object.fromEntries(
        Object.entries(report).map(([name, share]) => [name, (totals[name] ?? 0) + share.item() * size]),
      );
    });
    at.examples += size;
    this.#done++;
    if (this.#debug || checkedAfter(at.step)) this.#checkState();
    this.#health.afterStep(at, mean, this.#state, given);
  }

  /** Throws Diverged, naming the first array of the state that is no longer finite. */
  #checkState(): void {
    const path = this.#notFinite(this.#state);
    if (path !== undefined) throw this.#diverged(nameOf(path, this.#parts.model), undefined, this.#debug?.explain());
  }

  /** The first batch of the training; of a stream, the first that this session has seen. */
  #examples(): readonly NdArray[] {
    const { model, data, augmented, config } = this.#parts;
    if (isStreamed(data.train)) return this.#first ?? [];
    const order = shuffled(data.train.size, config.seed, 1).subarray(0, config.batch);
    const [first] = batches(data.train, config.batch, order, { last: "keep" });
    return fed(model, augmented(first!, 1).fields);
  }

  #diverged(what: string, value?: number, first?: FirstBroken): Error {
    const { folder, snapshot: _, ...setting } = this.#parts;
    return divergence(
      {
        what,
        value,
        position: this.#position,
        before: value === undefined ? this.#losses[1] : this.#losses[0],
        params: this.#params.read(),
        best: this.#best,
        ...{ runFolder: folder?.path, first },
      },
      { ...setting, examples: this.#examples() },
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
    const { model, folder } = this.#parts;
    if (!folder || this.#notFinite(this.#state) !== undefined) return;
    await folder.save(encodeCheckpoint(toCheckpoint(this.#snapshot(), layoutOf(model.layers))));
  }

  /** The training as it stands. Nothing changes it afterwards. */
  #snapshot(): Snapshot<M> {
    const { model, data, snapshot, backend } = this.#parts;
    this.#position.seconds = this.#seconds();
    return {
      ...{ identity: snapshot.identity, position: structuredClone(this.#position) },
      ...{ metrics: [...this.#metrics], best: this.#best, state: this.#state.read() },
      fields: remembered(model, data.fields),
      ranOn: this.#done > 0 ? ranOn(backend) : snapshot.ranOn,
    };
  }

  #finished(): boolean {
    const { config } = this.#parts;
    if (this.#isDue()) return false;
    const stale = this.#metrics.length - 1 - this.#metrics.findIndex(({ step }) => step === this.#best?.step);
    const impatient = config.patience !== undefined && this.#best !== undefined && stale >= config.patience;
    return this.#allDone() || impatient;
  }

  #progress(): Progress {
    const { config, length } = this.#parts;
    return progressAt(this.#position, {
      config,
      length,
      perStep: this.#pace() / this.#done,
      speed: this.#speed.recent,
    });
  }

  /** Scores, selection and checkpoint after a step. A validation counts when all of its numbers are finite. */
  async #validate({ endsEpoch = false } = {}): Promise<EpochMetrics<M>> {
    const { model, config, folder, options } = this.#parts;
    const at = this.#position;
    this.#checkState();
    const unfitted = this.#fitReadout(this.#params, await this.#fittingExamples());
    if (unfitted !== undefined) throw this.#diverged(unfitted);
    const valid = await this.#scores("valid");
    const test = config.test === "epoch" ? await this.#scores("test") : undefined;
    const { metric, readout } = model.head.select;
    const found = valid[readout];
    const chosen = model.head.metrics.find(({ name }) => name === metric)!;
    if (this.#best === undefined || isBetter(chosen, found[metric], this.#best.valid[metric])) {
      const params = this.#params.read();
      const { logDeviation } = this.#state.part("weightNoise").read();
      this.#best = { epoch: at.epoch, step: at.step, valid: found, params, logDeviation };
    }
    const weightNoise = this.#weightNoise(this.#state);
    const warnings = this.#health.atValidation(at, this.#params);
    const epoch: EpochMetrics<M> = {
      epoch: at.epoch,
      step: at.step,
      train: runningScore(model, at),
      valid,
      ...(test && { test }),
      ...(weightNoise && { weightNoise }),
      ...(warnings.length > 0 && { warnings }),
      examplesPerSecond: this.#speed.takeRecent(),
      seconds: this.#seconds(),
      ranOn: at.ranOn,
    };
    this.#metrics.push(epoch);
    Object.assign(at, { loss: 0, sums: {}, examples: 0, observed: [], ranOn: [] });
    if (endsEpoch) Object.assign(at, { epoch: at.epoch + 1, batch: 0 });
    await folder?.append(epoch);
    await this.#save();
    options.onSnapshot?.(this.#snapshot());
    return epoch;
  }

  /** The training set, or as many of a stream's first examples as the readout is fitted to. */
  async #fittingExamples(): Promise<Pick<Split, "size" | "fields">> {
    const { model, data, config } = this.#parts;
    if (!isStreamed(data.train)) return data.train;
    if (!isFitted(model)) return { size: 0, fields: {} };
    this.#fitting ??= await firstExamples(data.train, [model.input, ...Object.keys(model.fields)], config);
    return this.#fitting;
  }

  /** Both readouts' scores of the parameters as they are. */
  async #scores(name: "valid" | "test"): Promise<Scores<M>> {
    let found: Scores<M>;
    try {
      found = await this.#evaluation.scores(this.#params, this.#parts.data[name]);
    } catch (error) {
      throw this.#parts.options.signal?.aborted ? await this.#interrupted() : error;
    }
    return this.#finite(name === "valid" ? "validation" : "test", found);
  }

  #finite(which: string, scores: Scores<M>): Scores<M> {
    for (const score of [scores.deterministic, scores.stochastic])
      for (const { name, title = name } of this.#parts.model.head.metrics)
        if (!Number.isFinite(score[name])) throw this.#diverged(`the ${which} ${title}`, score[name]);
    return scores;
  }

  /** The result of the best validation. */
  async #result(): Promise<Trained<M>> {
    const { model, data, config, length, backend, folder, options } = this.#parts;
    const at = this.#position;
    const chosen = this.#best!;
    const selected = resident<Params<Tensor>>(chosen.params, { backend });
    let [train, test]: [Score<M>?, Scores<M>?] = [];
    try {
      train = isStreamed(data.train)
        ? this.#metrics.find(({ step }) => step === chosen.step)!.train
        : await this.#evaluation.score(selected, data.train, model.head.select.readout);
      test = await this.#evaluation.scores(selected, data.test);
    } catch (error) {
      throw options.signal?.aborted ? new Interrupted(at.epoch, at.batch, folder?.path) : error;
    }
    const { weightNoise } = this.#metrics.find(({ step }) => step === chosen.step)!;
    this.#finite("training", { stochastic: train, deterministic: train });
    this.#finite("test", test);
    const result = trained({
      summary: {
        run: folder?.path ?? null,
        seed: config.seed,
        epochs: length.epoch === undefined ? at.epoch - 1 : Math.ceil(at.step / length.epoch),
        train,
        valid: chosen.valid,
        test,
        ...(weightNoise && { weightNoise }),
        examplesPerSecond: this.#speed.overall,
        seconds: this.#seconds(),
      },
      best: chosen,
      ...{ model, fields: remembered(model, data.fields) },
      ...{ history: this.#metrics, identity: this.#parts.snapshot.identity },
    });
    await folder?.finish(result);
    return result;
  }
}
