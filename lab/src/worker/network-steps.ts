// The functional diagram of a network as a list of steps, whose values an example then fills.
import { type CellConfig, cellFor } from "../../../src/cells/index.ts";
import type { Neuron } from "../../../src/cells/neuron.ts";
import { UserError } from "../../../src/errors.ts";
import type { Estimator } from "../../../src/estimators/estimator.ts";
import { constant, evaluate, type NdArray, type Shape, sizeOf } from "../../../src/graph/index.ts";
import { isBinary } from "../../../src/measure/binary.ts";
import type { Model, Params, StageSummary, UnitLayer } from "../../../src/models/model.ts";
import { binned } from "../../../src/plots/binned.ts";
import type { Passage } from "../../../src/report/gather/passage.ts";
import { counted } from "../parts/text.ts";
import { type Example, MOST_OF_PARAMETERS, MOST_SENT, type Numbers, type Step, type Valued } from "./network-messages.ts"; // biome-ignore format: one line

const BINS = 24;
/** What the parameters of a row are called on paper. */
const letters: Readonly<Record<string, readonly [letter: string, words: string]>> = {
  weight: ["W", "weights"],
  bias: ["b", "biases"],
  out: ["V", "outgoing weights of the blocks"],
  offset: ["c", "biases of the scores"],
  scale: ["γ", "scales"],
  shift: ["β", "shifts"],
};

/** What one value of the diagram is for an example, and the derivative of the loss with respect to it. */
interface Found {
  readonly value: NdArray | undefined;
  readonly slope?: NdArray | undefined;
}
type Source = (passage: Passage, params: Params<NdArray>) => Found;

/** The diagram of a network, and where its values come from. */
export interface NetworkDiagram {
  readonly steps: readonly Step[];
  /** By the ids of values and of parameters. */
  readonly sources: ReadonlyMap<string, Source>;
}

type Map_ = Extract<Step, { kind: "map" }>;

/** Puts the steps of a network one behind the other. */
class Builder {
  readonly steps: Step[] = [];
  readonly sources = new Map<string, Source>();
  readonly #model: Model;
  /** How many values there are of a letter: h₁, h₂. */
  readonly #counts = new Map<string, number>();
  /** What the next stage reads, on paper. */
  #read = "x";

  constructor(model: Model) {
    this.#model = model;
  }

  valued(name: string, letter: string, layer: number, words: string, shape: Shape, source: Source): Valued {
    const id = `${name}${layer || ""}`;
    this.sources.set(id, source);
    return { id, letter, layer, words, shape };
  }

  value(letter: string, layer: number, words: string, shape: Shape, source: Source, parts: readonly Valued[] = []) {
    this.steps.push({ kind: "value", ...this.valued(letter, letter, layer, words, shape, source), parts });
  }

  map(
    id: string,
    formula: string,
    words: string,
    more: Partial<Pick<Map_, "parameters" | "estimator" | "readsAgain">> = {},
  ) {
    this.steps.push({ kind: "map", id, formula, words, parameters: [], estimator: undefined, readsAgain: false, ...more }); // biome-ignore format: one line
  }

  #next(letter: string): number {
    const number = (this.#counts.get(letter) ?? 0) + 1;
    this.#counts.set(letter, number);
    return number;
  }

  /** The parameters of a row that a gradient moves. */
  #parametersOf(row: number): Valued[] {
    return this.#model.layers[row]!.parameters.flatMap(({ name, shape, byRule }) => {
      if (byRule) return [];
      const [neuron, kind] = name.includes(".") ? (name.split(".") as [string, string]) : [undefined, name];
      const [letter, words] = letters[kind] ?? (neuron ? [cellLetters[kind] ?? kind, neuron] : [name, name]);
      const source: Source = ({ slopes }, params) => ({ value: params[row]![name], slope: slopes[row]![name] });
      const id = name.replace(/\W/g, "");
      return this.valued(id, letter, row + 1, neuron ? `${neuron}, ${cellWords[kind] ?? words}` : words, shape, source);
    });
  }

  /** One stage: the box with its parameters, and what it makes. */
  stage(stage: StageSummary, place: number, isLast: boolean): void {
    const { layers, unitLayers } = this.#model;
    const rows = stage.rows.map((row) => layers.indexOf(row));
    const at = unitLayers.findIndex(({ row }) => rows.includes(row));
    if (at >= 0 && rows.some((row) => layers[row]!.gates)) this.#gated(stage, rows, at, isLast);
    else if (stage.kind === "recurrent") this.#recurrent(stage, place, rows, this.#model.insides[place]!);
    else this.#mapped(stage, place, rows, isLast);
  }

  /** A stage that maps what it reads, with neurons that decide or without. */
  #mapped(stage: StageSummary, place: number, rows: readonly number[], isLast: boolean): void {
    const { layers, unitLayers } = this.#model;
    const at = unitLayers.findIndex(({ row }) => rows.includes(row));
    const said = mapsOf[stage.kind];
    const symbol = at >= 0 ? "a" : isLast ? "s" : "y";
    const kind = layers[rows[0]!]?.map ?? stage.kind;
    this.map(
      `map${place + 1}`,
      said ? `${symbol} = ${said.formula.replace("x", this.#read)}` : stage.kind,
      said?.words(kind) ?? kind,
      { parameters: rows.flatMap((row) => this.#parametersOf(row)) },
    );
    if (at >= 0) this.#decision(unitLayers[at]!, at, stage.output, false);
    else if (!isLast) this.#sent(place, stage.output, outputsOf(stage));
  }

  /** What a stage outputs whose neurons decide nothing. */
  #sent(place: number, shape: Shape, words: string): void {
    const sent: Source = ({ stages }) => stages[place]!.sent!;
    this.value("y", this.#next("y"), words, shape, sent);
    this.#read = "y";
  }

  /** From what a layer's neurons receive to what they output. */
  #decision({ estimator: { unit, card }, units }: UnitLayer, at: number, output: Shape, isGate: boolean): void {
    const number = this.#next("h");
    const shape = sizeOf(output) === units ? output : [units];
    const draws = unit.stochastic && unit.rate !== undefined;
    const isCoin = unit.stochastic && isBinary(unit);
    const of =
      (name: "a" | "p" | "u" | "h", slope?: "slopeOfA" | "slopeOfH"): Source =>
      ({ units: all }) => ({ value: all[at]![name], slope: slope && all[at]![slope] });
    this.value("a", number, isGate ? "scores of the gates" : "what each neuron receives", shape, of("a", "slopeOfA"));
    if (draws) {
      this.map(`rate${number}`, isCoin ? "p = σ(a)" : "P(h ≠ 0)", "probability to fire");
      this.value("p", number, "probability of each", shape, of("p"));
    }
    const u = () => this.valued("u", "u", number, "draws, even between 0 and 1", shape, of("u"));
    this.map(`decide${number}`, isCoin ? "h = 1[u < p]" : `h = ${unit.formula ?? `${card.name}(a)`}`, `${isGate ? "gates" : "neurons"} decide`, { estimator: card.name, parameters: isCoin ? [u()] : [] }); // biome-ignore format: one line
    this.value("h", number, isGate ? "gates, 0 is closed" : "outputs", shape, of("h", "slopeOfH"));
    this.#read = "h";
  }

  #gated(stage: StageSummary, rows: readonly number[], at: number, isLast: boolean): void {
    const { layers, unitLayers, stages } = this.#model;
    const last = rows.at(-1)!;
    const before = this.#read;
    this.map(`map${rows[0]! + 1}`, `a = W·${before} + b`, "gater", {
      parameters: rows.slice(0, -1).flatMap((row) => this.#parametersOf(row)),
    });
    this.#decision(unitLayers[at]!, at, [unitLayers[at]!.units], true);
    const { blocks, width } = layers[last]!.gates!;
    this.map(`map${last + 1}`, `Σₖ hₖ · f(Wₖ${before} + bₖ)Vₖ + c`, `${counted(blocks, "block")} of ${width}`, { parameters: this.#parametersOf(last), readsAgain: true }); // biome-ignore format: one line
    if (!isLast) this.#sent(stages.indexOf(stage), stage.output, "outputs of the blocks");
  }

  /** A cell that reads a row at each step: its neurons and its state, all steps of each. */
  #recurrent(stage: StageSummary, place: number, rows: readonly number[], insides: { readonly [name: string]: Shape }) {
    const [first] = stage.rows;
    const [steps, inputs] = first!.input as [number, number];
    const { cell: config, units } = stage.config as unknown as { readonly cell: CellConfig; readonly units: number };
    const { description } = cellFor(config, { inputs, units });
    const deciding = description.neurons.find(({ squash }) => typeof squash !== "string")?.squash as
      | Estimator
      | undefined;
    const number = this.#next("h");
    this.map(`map${place + 1}`, `${config.name.toUpperCase()}(${this.#read}ₜ, hₜ₋₁)`, `a cell reads ${steps} rows, one at each step`, { parameters: rows.flatMap((row) => this.#parametersOf(row)), ...(deciding && { estimator: deciding.card.name }) }); // biome-ignore format: one line
    const of =
      (name: string): Source =>
      ({ stages }) =>
        stages[place]![name]!;
    const isThere = ({ name }: Neuron) => insides[name] !== undefined;
    const symbols = description.neurons.map(({ letter }) => letter);
    for (const neuron of description.neurons.filter(isThere)) {
      const { name, letter } = neuron;
      const symbol = symbols.filter((other) => other === letter).length > 1 ? name : letter;
      this.steps.push({
        ...{ kind: "value", isInside: true, parts: this.#received(neuron, place, number, insides) },
        ...this.valued(name, readableLetter(symbol), number, neuronWords(neuron), insides[name]!, of(name)),
      });
    }
    const isNeuron = (name: string) =>
      description.neurons.some((neuron) => [neuron.name, neuron.letter].includes(name));
    for (const name of Object.keys(description.state)) {
      if (insides[name] === undefined || isNeuron(name)) continue;
      const words = stateWords[name] ?? "what it keeps";
      this.steps.push({ kind: "value", isInside: true, ...this.valued(name, name, number, words, insides[name]!, of(name)), parts: [] }); // biome-ignore format: one line
    }
    const sent = description.spikes === undefined ? "h" : (description.neurons.find(({ name }) => name === description.spikes)?.letter ?? "h"); // biome-ignore format: one line
    this.#read = readableLetter(sent);
    const isKnown = Object.keys(insides).length > 1;
    if (stage.output.length > 1)
      return isKnown ? undefined : this.#sent(place, stage.output, "its output at each step");
    this.map(`last${number}`, "y = h after the last row", "what it says of the whole image");
    this.#sent(place, stage.output, "its last output");
  }

  /** What a neuron of a cell adds up, and the probability that it fires. */
  #received(
    { name, squash }: Neuron,
    place: number,
    number: number,
    insides: { readonly [name: string]: Shape },
  ): Valued[] {
    const shape = insides[`${name}:a`];
    if (!shape) return [];
    const received: Source = ({ stages }) => stages[place]![`${name}:a`]!;
    const a = this.valued(`${name}a`, "a", number, "what it receives", shape, received);
    if (typeof squash === "string" || !squash.unit.stochastic || !squash.unit.rate) return [a];
    const { rate } = squash.unit;
    const p: Source = (passage, params) => ({ value: evaluate([rate(constant(received(passage, params).value!))])[0] });
    return [a, this.valued(`${name}p`, "p", number, "probability to fire", shape, p)];
  }

  scores(): void {
    const classes = this.#model.head.input!;
    const of =
      (value: "scores" | "probabilities", slope?: "slopeOfScores"): Source =>
      (passage) => ({ value: passage[value], slope: slope && passage[slope] });
    this.value("s", 0, "class scores", classes, of("scores", "slopeOfScores"));
    this.map("softmax", "softmax(s)", "scores to probabilities");
    this.value("P", 0, "probability of each class", classes, of("probabilities"));
    this.map("log", "L = −log P(label)", "cross-entropy");
    this.value("L", 0, "loss", [], () => ({ value: undefined }));
  }
}

/** What the parameters of a cell are called on paper, and in words. */
const cellLetters: Readonly<Record<string, string>> = { input: "W", recurrent: "U" };
const cellWords: Readonly<Record<string, string>> = { input: "weights of the row", recurrent: "weights of hₜ₋₁", bias: "biases" }; // biome-ignore format: one line
const stateWords: Readonly<Record<string, string>> = { c: "memory", h: "outputs", V: "voltage", a: "fatigue" };
const gateNames = ["input", "forget", "output", "reset", "update"];
const neuronWords = ({ name }: Neuron): string =>
  gateNames.includes(name) ? `${name} gate` : ({ candidate: "what may be added", unit: "neurons", spike: "spikes" }[name] ?? name); // biome-ignore format: one line
/** A letter of an equation without TeX. */
const readableLetter = (letter: string): string => letter.replace(/[\\{}]/g, "");

/** Stages that map what they read, on paper and in words. */
const mapsOf: Readonly<Record<string, { readonly formula: string; words(kind: string): string }>> = {
  dense: { formula: "W·x + b", words: () => "affine map" },
  conv: { formula: "W ∗ x + b", words: (kind) => kind.replace(/^conv /, "convolution ") },
  pool: { formula: "pool(x)", words: (kind) => kind.replace(/^max pool/, "largest of each") },
  normalise: { formula: "γ·(x − μ)/σ + β", words: (kind) => kind.replace(/, gain.*$/, "") },
  "over-time": { formula: "mean of xₜ", words: () => "over all steps" },
};
const outputsOf = ({ kind, output }: StageSummary): string =>
  output.length === 3 ? `${output[2]} feature maps${kind === "pool" ? ", smaller" : ""}` : "outputs";

/** All steps, from the input to the loss. Throws UserError for a network that doesn't tell classes. */
export function diagramOf(model: Model): NetworkDiagram {
  const { stages, head, inputShape } = model;
  if (head.kind !== "classes") throw new UserError(`lab: looks into networks that tell classes, received ${head.kind}`);
  const builder = new Builder(model);
  const isFlat = stages[0]!.rows[0]?.input.length === 1;
  const shape = isFlat ? [sizeOf(inputShape)] : inputShape;
  builder.value("x", 0, "the image", shape, ({ x, slopeOfX }) => ({ value: x, slope: slopeOfX }));
  stages.forEach((stage, i) => builder.stage(stage, i, i === stages.length - 1));
  builder.scores();
  return builder;
}

/** Numbers as the page gets them. */
export function numbersOf({ data }: Pick<NdArray, "data">, mostSent = MOST_SENT): Numbers {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const counts = Float32Array.from(binned(data, [least, most], BINS), ({ count }) => count);
  return { data: data.length > mostSent ? new Float32Array() : Float32Array.from(data), least, most, counts };
}

/** What a passage says, by the ids of the steps. */
export function filled(
  { steps, sources }: NetworkDiagram,
  params: Params<NdArray>,
  passage: Passage,
): Pick<Example, "values" | "slopes" | "label" | "predicted" | "loss"> {
  const { probabilities, label, loss } = passage;
  const parameters = new Set(steps.flatMap((step) => (step.kind === "map" ? step.parameters.map(({ id }) => id) : [])));
  const found = [...sources].map(([id, source]) => ({ id, ...source(passage, params) }));
  const record = (of: "value" | "slope") =>
    Object.fromEntries(
      found.flatMap(({ id, [of]: array }) => {
        const most = parameters.has(id) ? MOST_OF_PARAMETERS : MOST_SENT;
        return array ? [[id, numbersOf(array, most)] as const] : [];
      }),
    );
  const predicted = probabilities.data.indexOf(Math.max(...probabilities.data));
  return { values: record("value"), slopes: record("slope"), label, predicted, loss };
}
