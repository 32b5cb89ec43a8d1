// The station that trains: the library's own training, on its own kernels.
import "../../../src/graph/methods.ts";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { resolveConfig } from "../../../src/config/config.ts";
import { modelFor } from "../../../src/config/make.ts";
import { imageForm } from "../../../src/data/images/form.ts";
import { UserError } from "../../../src/errors.ts";
import type { NdArray } from "../../../src/graph/index.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import { type Saveable, save } from "../../../src/predict/save.ts";
import type { Look, TrainEvent } from "../../../src/train/events.ts";
import { lengthOf } from "../../../src/train/length.ts";
import type { Snapshot } from "../../../src/train/snapshot.ts";
import { trainer } from "../../../src/train/train.ts";
import { counted } from "../parts/text.ts";
import { datasetAt } from "./datasets.ts";
import { History } from "./history.ts";
import { sentenceOf } from "./sentence.ts";
import { checkSteps } from "./steps.ts";
import { Surface } from "./surface.ts";
import type { Metric, NewsOfRun, TrainNews, TrainRequest } from "./train-messages.ts";
import { firstRow, weightsPicture } from "./weights.ts";

/** Milliseconds between two messages with losses, and between two pictures of the weights. */
const PACE = 100;
const PICTURES = 500;
/** A training whose steps take longer than this may be ended within one, so that the page is given its weights after each epoch. */
const LONG_STEP = 500;

type Start = Extract<TrainRequest, { kind: "start" }>;

/** What the user wants of a training that runs. */
class Wishes {
  paused = false;
  stopped = false;
  /** Steps to take although it is paused. */
  steps = 0;
  #wake: () => void = () => {};

  change(wish: (wishes: Wishes) => void): void {
    wish(this);
    this.#wake();
  }

  /** Whether the training has to wait here. */
  get waits(): boolean {
    return this.paused && this.steps === 0 && !this.stopped;
  }

  /** Ends when the user wants something else. */
  changed(): Promise<void> {
    return new Promise((wake) => {
      this.#wake = wake;
    });
  }
}

/** One training: what it reports, and what becomes of it when it ends. */
class Run {
  readonly wishes = new Wishes();
  readonly history: History;
  #model: Model | undefined;
  /** Of an earlier epoch that the user looks at. */
  #viewed: Snapshot<never> | undefined;
  /** What a model file is made of: the parameters of the last step, or the selected ones at the end. */
  #saveable: (() => Saveable) | undefined;
  #losses: number[] = [];
  #step = 0;
  #last = 0;
  #speed = Number.NaN;
  #told = 0;
  #looked = Number.POSITIVE_INFINITY;
  #hasLongSteps = false;
  #surface: Surface | undefined;
  #hasImages = false;
  #drew = 0;
  #drawn = 0;
  readonly #tell: (news: TrainNews) => void;

  constructor(tell: (news: TrainNews) => void, history: History) {
    this.#tell = tell;
    this.history = history;
  }

  /** The model file. Throws UserError before the first step. */
  save(): Uint8Array<ArrayBuffer> {
    return save(this.#shown());
  }

  #shown(): Saveable {
    const viewed = this.#viewed;
    if (viewed) return { model: this.#model!, params: viewed.state.params, epoch: viewed.metrics.at(-1)?.epoch };
    if (!this.#saveable) throw new UserError("save: there are no weights yet: train for a step first");
    return this.#saveable();
  }

  /** Shows an epoch's weights, which are saved then; undefined: those that the training has. */
  async view(epoch: number | undefined): Promise<void> {
    this.#viewed = epoch === undefined ? undefined : this.history.at(epoch);
    const { step } = this.#viewed?.position ?? { step: this.#step };
    const params = this.#viewed?.state.params ?? this.#shown().params;
    this.#surface?.draw({ params, step }, true);
    await this.#draw(params[firstRow(this.#model!)]!, step);
    this.#tellTrained();
  }

  #tellTrained(): void {
    const { epoch, selectedEpoch = epoch } = this.#shown();
    this.#tell({
      kind: "trained",
      bytes: this.save(),
      step: this.#viewed?.position.step ?? this.#step,
      epoch: selectedEpoch,
    });
  }

  async start({ config, data, own, drawn, from }: Start): Promise<void> {
    this.#drawn = drawn;
    const job = resolveConfig(config, "lab");
    this.#tell({ kind: "loading", what: "the data" });
    const set = await datasetAt(job.data, { folder: data, own });
    this.#hasImages = set.fields.x!.shape.length > 1 && imageForm(set.fields.x!.shape) !== undefined;
    const model = modelFor(job, set) as Model<Metric>;
    this.#model = model;
    const { epoch: inEpoch = 1, total: steps = 1 } = lengthOf(set, job.training);
    checkSteps(steps);
    this.#tell({ kind: "loading", what: "the kernels" });
    const { threads } = job.machine;
    const backend = await wasmBackend(threads === undefined ? {} : { threads });
    try {
      const info = backend.info();
      const machine = `${info.instructionSet}, ${counted(info.threads, "thread")}`;
      const parameters = model.layers
        .flatMap((layer) => layer.parameters)
        .reduce((t, { shape }) => t + shape.reduce((n, size) => n * size, 1), 0);
      const judged = "label" in set.fields ? "classes" : "values";
      const begun = { examples: set.train.size, parameters, steps, inEpoch, judged } as const;
      this.#tell({ kind: "begun", machine, note: info.note, ...begun });
      this.#surface = Surface.of(model, set, backend, this.#tell);
      // Each look also checks that all state is finite, and changes nothing.
      const lookAt = Array.from({ length: steps + 1 }, (_, step) => step);
      const events = trainer(model, set, {
        ...{ ...job.training, backend, config: job, lookAt },
        from: from === undefined ? undefined : this.history.at(from),
        onSnapshot: (snapshot) => this.history.add(snapshot),
      });
      this.#last = steps;
      await this.#follow(events, model);
    } finally {
      // What is viewed later is computed without it.
      this.#surface = Surface.of(model, set, referenceBackend(), this.#tell);
      await backend.close();
    }
  }

  async #follow(events: ReturnType<typeof trainer<Metric>>, model: Model<Metric>): Promise<void> {
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        this.#flush();
        this.#saveable = () => value;
        this.#tellTrained();
        this.#tell({ kind: "done", result: value.toJSON(), selectedEpoch: value.selectedEpoch });
        return;
      }
      if (value.kind === "look") await this.#look(value, model);
      else if (value.kind === "epoch") this.#validated(value);
      else if (value.kind === "progress") this.#speed = value.examplesPerSecond;
      if (!this.wishes.stopped) continue;
      this.#flush();
      // The backend is about to end, and the weights with it.
      const left = this.#saveable?.();
      this.#saveable = left && (() => left);
      await events.return(undefined as never);
      if (left) this.#tellTrained();
      this.#tell({ kind: "stopped", step: this.#step });
      return;
    }
  }

  #validated({ kind: _, ...metrics }: Extract<TrainEvent<Metric>, { kind: "epoch" }>): void {
    this.#flush();
    this.#speed = metrics.examplesPerSecond;
    this.#tell({ kind: "epoch", metrics, kept: this.history.epochs });
    if (this.#hasLongSteps) this.#tellTrained();
  }

  /** After each step, and before the first: what the page hears, and where the training waits. */
  async #look(look: Look, model: Model): Promise<void> {
    this.#step = look.step;
    if (look.step > 0) this.#losses.push(look.loss);
    look.restart();
    this.#saveable = () => ({ model, params: look.params.read() });
    if (this.wishes.steps > 0) this.wishes.steps--;
    const now = performance.now();
    this.#hasLongSteps ||= now - this.#looked > LONG_STEP;
    if (now - this.#told > PACE) this.#flush();
    const isEnd = look.step === 0 || look.step === this.#last || this.wishes.waits;
    this.#surface?.draw(look, isEnd);
    if (isEnd || now - this.#drew > PICTURES) await this.#draw(look.params.part(firstRow(model)).read(), look.step);
    this.#looked = performance.now();
    if (!this.wishes.waits) return;
    this.#flush();
    this.#tellTrained();
    this.#tell({ kind: "paused", step: look.step });
    while (this.wishes.waits) await this.wishes.changed();
    this.#viewed = undefined;
    if (!this.wishes.paused) this.#tell({ kind: "resumed" });
  }

  async #draw(layer: Params<NdArray>[number], step: number): Promise<void> {
    this.#drew = performance.now();
    if (!this.#hasImages) return;
    this.#tell({ kind: "weights", ...(await weightsPicture(this.#model!, layer, this.#drawn)), step });
  }

  #flush(): void {
    this.#told = performance.now();
    if (this.#losses.length === 0) return;
    this.#tell({ kind: "losses", step: this.#step, losses: Float32Array.from(this.#losses), speed: this.#speed });
    this.#losses = [];
  }
}

/** Does what the page asks for; one training at a time, of which a new one ends the one before. */
export function run(port: MessagePort): void {
  let current: Run | undefined;
  let newest = 0;
  let ended: Promise<void> = Promise.resolve();
  const tellOf = (run: number) => (news: TrainNews) =>
    port.postMessage({ ...news, run } satisfies NewsOfRun, news.kind === "losses" ? [news.losses.buffer] : []);
  let tell = tellOf(0);
  const refuse = (error: unknown) => tell({ kind: "error", message: sentenceOf(error) });

  const start = async (request: Start): Promise<void> => {
    newest = request.run;
    current?.wishes.change((wishes) => {
      wishes.stopped = true;
    });
    await ended;
    // Of several that waited for the end of one, the newest begins.
    if (newest !== request.run) return;
    tell = tellOf(request.run);
    const training = new Run(tell, request.from === undefined ? new History() : (current?.history ?? new History()));
    current = training;
    ended = training.start(request).catch(refuse);
  };

  port.onmessage = ({ data }: MessageEvent<TrainRequest>) => {
    if (data.kind === "start") return void start(data);
    if (data.kind === "view") return void current?.view(data.epoch).catch(refuse);
    if (data.kind === "save") {
      try {
        if (current) tell({ kind: "file", bytes: current.save() });
      } catch (error) {
        refuse(error);
      }
      return;
    }
    current?.wishes.change((wishes) => {
      if (data.kind === "stop") wishes.stopped = true;
      else if (data.kind === "resume") wishes.paused = false;
      else if (data.kind === "pause") wishes.paused = true;
      else {
        wishes.paused = true;
        wishes.steps++;
      }
    });
  };
}
