// The station that looks into a network: every number is one of the library's reports, or of its measurements.
import "../../../src/graph/methods.ts";
import type { Backend } from "../../../src/backends/backend.ts";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { resolveConfig } from "../../../src/config/config.ts";
import { skips } from "../../../src/cost/after-training.ts";
import { freshState, timingOf } from "../../../src/cost/timings.ts";
import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { UserError } from "../../../src/errors.ts";
import type { NdArray } from "../../../src/graph/index.ts";
import { everythingEvaluated } from "../../../src/models/everything-evaluated.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { filtersOf } from "../../../src/report/gather/filters.ts";
import { byClass, sharesOf } from "../../../src/report/gather/gate-shares.ts";
import { incomingWeights } from "../../../src/report/gather/inspect.ts";
import { type PassageOf, passageOf } from "../../../src/report/gather/passage.ts";
import { probabilitiesOf } from "../../../src/report/gather/probabilities.ts";
import { rastersOf } from "../../../src/report/gather/raster.ts";
import { type Readings, readingsOf } from "../../../src/report/gather/readings.ts";
import { workOf } from "../../../src/report/gather/work.ts";
import type { TrainingConfig } from "../../../src/train/index.ts";
import { pause } from "../../../src/train/pause.ts";
import { mnistAt } from "./mnist.ts";
import type { Decided, GatesPicture, NetworkNews, NetworkRequest, WeightImages, Weights } from "./network-messages.ts";
import { plainNames } from "./network-names.ts";
import { diagramOf, filled, type NetworkDiagram } from "./network-steps.ts";
import { sentenceOf } from "./sentence.ts";

/** Rounds of a timing, and seconds for which each network is repeated in a round. */
const [ROUNDS, SECONDS] = [8, 0.04];

type Asked<K extends NetworkRequest["kind"]> = Extract<NetworkRequest, { kind: K }>;
type Tell = (news: NetworkNews) => void;

/** Images with their lengths. */
function measured(images: readonly (readonly number[] | Float32Array)[]): WeightImages {
  const norms = Float32Array.from(images, (image) => Math.hypot(...image));
  return {
    images: Float32Array.from(images.flatMap((image) => [...image])),
    norms,
    order: Int32Array.from(norms.keys()).sort((i, j) => norms[j]! - norms[i]!),
  };
}

/** One network that is looked into. */
class Look {
  readonly #model: Model;
  readonly #params: Params<NdArray>;
  readonly #data: LabelledDataset;
  readonly #training: TrainingConfig;
  readonly #backend: Backend;
  readonly #passage: PassageOf | undefined;
  readonly #diagram: NetworkDiagram;

  constructor(
    model: Model,
    params: Params<NdArray>,
    data: LabelledDataset,
    training: TrainingConfig,
    backend: Backend,
  ) {
    this.#model = model;
    this.#params = params;
    this.#data = data;
    this.#training = training;
    this.#backend = backend;
    this.#passage = passageOf(model, backend);
    this.#diagram = diagramOf(model);
  }

  /** What it tells by itself, in the order of the page. */
  *news(): Generator<NetworkNews> {
    const model = this.#model;
    const on = { backend: this.#backend };
    yield {
      kind: "rasters",
      rasters: rastersOf(model, this.#params, this.#data, on).map(({ rows, layer, noun, units, groups, along }) => ({
        ...{ layer, noun, units, groups, along, rows: rows.length },
        cells: Float32Array.from(rows.flatMap((row) => [...row])),
      })),
    };
    const after = probabilitiesOf(model, this.#params, this.#data, on);
    const before = probabilitiesOf(model, model.init(this.#training.seed).params, this.#data, on);
    const decided = after.map(({ byClass: _, ...rest }, i): Decided => ({ ...rest, after: rest, before: before[i]! }));
    yield { kind: "decided", layers: decided };
    const read = readingsOf(model, this.#params, this.#data, { ...on, readout: "deterministic" })!;
    yield this.#read(read);
    yield* this.#weights(after[0]?.byClass, read);
    if (skips(model))
      yield { kind: "work", ...workOf(model, this.#params, this.#data, { ...on, training: this.#training }) };
  }

  #read(read: Readings): NetworkNews {
    const wrong = read.truth.reduce((sum, label, i) => sum + Number(read.predicted[i] !== label), 0);
    const layers = this.#model.layers.filter(({ gates }) => gates);
    const gates = read.opened.map((opened, i): GatesPicture => {
      const shares = sharesOf(read, opened);
      const order = byClass(shares);
      return {
        ...{ layer: layers[i]!.name, blocks: order.length, order: Int32Array.from(order) },
        shares: Float32Array.from(shares.flatMap((row) => order.map((gate) => row[gate]!))),
      };
    });
    return { kind: "read", error: wrong / read.truth.length, gates };
  }

  *#weights(probabilities: Float32Array | undefined, read: Readings): Generator<Weights> {
    const start = this.#model.init(this.#training.seed).params;
    const [height = 1, width = 1] = this.#model.inputShape;
    const filters = filtersOf(this.#model, this.#params, Number.POSITIVE_INFINITY);
    if (filters?.channels === 1) {
      const { name, images, features, height: tall, width: wide } = filters;
      const before = filtersOf(this.#model, start, Number.POSITIVE_INFINITY)!.images;
      const byClass = probabilities && ofMaps(probabilities, read.names.length, features);
      yield { ...pictures(images, before), of: name, units: features, size: [tall, wide], noun: "feature map", byClass, byClassIs: "p" }; // biome-ignore format: one line
      return;
    }
    const [first] = this.#model.layers;
    const units = first!.output[0]!;
    const images = incomingWeights(this.#model, this.#params, units);
    if (images.length === 0) return;
    const hasGater = this.#model.stages[0]!.rows.some(({ gates }) => gates);
    const areGates = hasGater && read.opened[0]?.length === units * read.names.length;
    const opened = areGates ? Float32Array.from(sharesOf(read, read.opened[0]!).flat()) : undefined;
    const isFirst = this.#model.unitLayers[0]?.row === 0;
    yield {
      ...{
        ...pictures(images, incomingWeights(this.#model, start, units)),
        of: first!.name,
        units,
        size: [height, width],
      },
      ...{ noun: areGates ? "gate" : "neuron", byClass: opened ?? (isFirst ? probabilities : undefined) },
      byClassIs: opened ? "open" : "p",
    };
  }

  example({ place, seed }: Asked<"example">): NetworkNews {
    if (!this.#passage) throw new UserError(`lab: can't follow an example through ${this.#model.name}`);
    const found = this.#passage(this.#params, this.#data, place, seed);
    return { kind: "example", place, seed, ...filled(this.#diagram, this.#params, found) };
  }

  /** Milliseconds against the same network with nothing skipped; nothing for a network without gates. */
  async times(tell: Tell): Promise<void> {
    const [model, training] = [this.#model, this.#training];
    if (!skips(model)) return;
    const dense = everythingEvaluated(model);
    const denseState = freshState(dense, training);
    const subject = {
      model,
      dense,
      denseState,
      training,
      state: { ...freshState(model, training), params: this.#params },
    };
    const how = { batch: training.batch, backend: this.#backend, rounds: ROUNDS, seconds: SECONDS, onRound: pause };
    const inference = await timingOf(subject, this.#data, { ...how, phase: "inference" });
    tell({ kind: "times", inference, training: await timingOf(subject, this.#data, { ...how, phase: "training" }) });
  }

  begun(): NetworkNews {
    const model = this.#model;
    const [height = 1, width = 1] = model.inputShape;
    const classes = this.#data.fields.label!.classes!;
    return {
      ...{ kind: "begun", classes, image: [height, width] },
      ...{ examples: this.#data.test.size, steps: this.#diagram.steps, hasGates: skips(model) },
      ...{ names: plainNames(model), absent: absentIn(model) },
    };
  }
}

/** Why a network has no probabilities, or no weights that are images, in a sentence. */
function absentIn(model: Model): Extract<NetworkNews, { kind: "begun" }>["absent"] {
  const { stages, unitLayers } = model;
  const hasCell = stages.some(({ kind }) => kind === "recurrent");
  const draws = unitLayers.some(({ estimator: { unit } }) => unit.stochastic && unit.rate);
  const inCell = "A cell decides anew at each step. Press one of its gates in the diagram for its probabilities.";
  const none =
    "Nothing is drawn in this network: its neurons decide without chance, so there is no probability to show.";
  return {
    ...(!draws && { probabilities: hasCell && model.stochastic ? inCell : none }),
    ...(hasCell && { weights: "A cell reads one row at a time, so its weights are no images. Press the cell in the diagram to see them." }), // biome-ignore format: one line
  };
}

/** The means of the neurons of each feature map, [C · maps] of [C · places · maps]. */
function ofMaps(byClass: Float32Array, classes: number, maps: number): Float32Array | undefined {
  const places = byClass.length / classes / maps;
  if (!Number.isInteger(places)) return undefined;
  const means = new Float32Array(classes * maps);
  byClass.forEach((p, i) => {
    means[Math.floor(i / (places * maps)) * maps + (i % maps)]! += p / places;
  });
  return means;
}

/** Weights as images, and what training changed in them. */
function pictures(
  now: readonly Float32Array[],
  start: readonly Float32Array[],
): Pick<Weights, "kind" | "now" | "changes"> {
  const changes = now.map((image, unit) => image.map((w, i) => w - start[unit]![i]!));
  return { kind: "weights", now: measured(now), changes: measured(changes) };
}

async function looked({ file, config, data }: Asked<"network">, backend: Backend): Promise<Look> {
  const job = resolveConfig(config, "lab");
  if (job.data.name !== "mnist") throw new UserError(`lab: looks with mnist, received ${job.data.name}`);
  const { model, params } = await loadModel(file);
  return new Look(model, params, await mnistAt(data, job.data.limit), job.training, backend);
}

/** What one network has still to tell. */
interface Current {
  readonly request: Asked<"network">;
  readonly look: Look;
  readonly news: Generator<NetworkNews>;
}

/** Answers what the page asks: the example before all else, and of several of them the latest. */
class Answers {
  #asked: Asked<"network"> | undefined;
  #example: Asked<"example"> | undefined;
  #current: Current | undefined;
  #times = false;
  #isWorking = false;
  #backend: Promise<Backend> | undefined;
  readonly #tell: Tell;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  async take(request: NetworkRequest): Promise<void> {
    if (request.kind === "network") this.#asked = request;
    else if (request.kind === "example") this.#example = request;
    else this.#times = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    let goesOn = true;
    while (goesOn) {
      await pause();
      goesOn = await this.#next().catch((error) => {
        this.#tell({ kind: "error", message: sentenceOf(error) });
        return false;
      });
    }
    this.#isWorking = false;
  }

  /** Does one thing that is asked; gives whether there may be another. */
  async #next(): Promise<boolean> {
    const request = this.#asked;
    if (request && request !== this.#current?.request) return this.#begin(request);
    if (!this.#current) return false;
    const { look, news } = this.#current;
    if (this.#example) {
      const example = this.#example;
      this.#example = undefined;
      this.#tell(look.example(example));
      return true;
    }
    const { value } = news.next();
    if (value) this.#tell(value);
    else if (this.#times) {
      this.#times = false;
      await look.times(this.#tell);
    } else {
      this.#tell({ kind: "done" });
      return false;
    }
    return true;
  }

  async #begin(request: Asked<"network">): Promise<boolean> {
    // It isn't begun twice where it can't be read.
    this.#asked = undefined;
    this.#current = undefined;
    this.#backend ??= wasmBackend({ threads: 1 });
    const look = await looked(request, await this.#backend);
    this.#current = { request, look, news: look.news() };
    this.#times = true;
    this.#tell(look.begun());
    return true;
  }
}

export function run(port: MessagePort): void {
  const answers = new Answers((news) => {
    const large = news.kind === "weights" ? [news.now.images.buffer, news.changes.images.buffer] : [];
    port.postMessage(news, large);
  });
  port.onmessage = ({ data }: MessageEvent<NetworkRequest>) => void answers.take(data);
}
