import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { type Dataset, mapFields, type Split } from "../../data/dataset.ts";
import { NdArray, sizeOf, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";

/** What units of a layer output, for a few test examples. */
export interface Raster {
  /** The layer's name in tables. */
  readonly layer: string;
  /** A row for each unit shown, spread evenly over all: what it outputs, example by example, and of a recurrent layer step by step. */
  readonly rows: readonly Float32Array[];
  /** The columns: a recurrent layer has a group of steps for each example, another one a group of examples for each class. */
  readonly groups: readonly { readonly name: string; readonly columns: number }[];
  /** What the columns of a group are. */
  readonly along: "steps" | "examples";
  /** What is shown of the units: "spikes", or what they output or keep. */
  readonly shows: "spikes" | "outputs" | "states";
  /** What its units are: gates, where they open blocks. */
  readonly noun: "units" | "gates";
  /** How many the layer has. */
  readonly units: number;
}

/** Units, layers and examples of a class that are shown; of a recurrent layer examples, and columns in all. */
const [UNITS, LAYERS, OF_CLASS, SEQUENCES, COLUMNS] = [48, 2, 8, 4, 240];
/** Classes that have a group of their own, and examples among which theirs are looked for. */
const [CLASSES, LOOKED] = [12, 2000];
/** States that say what a unit of a cell outputs: spikes, or what others see of it. */
const SHOWN = ["s", "h", "V", "v"] as const;

interface Options {
  readonly backend: Backend;
  readonly seed?: number | undefined;
}

/**
 * What the units of a network's first layers output for a few test examples, units sampling as in training: along the steps for recurrent layers that can
 * be read step by step, else for the first examples of each class. None for a network without units.
 */
export function rastersOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  data: Pick<Dataset, "test" | "fields">,
  options: Options,
): Raster[] {
  if (data.test.size === 0) return [];
  const inTime = model.stages.some(({ kind }) => kind === "recurrent");
  return inTime ? alongSteps(model, params, data, options) : overExamples(model, params, data, options);
}

/** Places spread evenly over `all`, at most `most`. */
const spread = (all: number, most: number): number[] => {
  const shown = Math.min(all, most);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * all) / shown));
};

/** The examples at some places of a split, as a batch. */
function examplesAt<M extends string>(model: Model<M>, { fields }: Split, places: readonly number[]) {
  const pick = (all: NdArray): NdArray => {
    const [width, picked] = [
      all.data.length / all.shape[0]!,
      NdArray.zeros([places.length, ...all.shape.slice(1)], all.dtype),
    ];
    places.forEach((place, row) => {
      picked.data.set(all.data.subarray(place * width, (place + 1) * width), row * width);
    });
    return picked;
  };
  const x = new NdArray(pick(fields[model.input]!).data, [places.length, ...model.inputShape]);
  return { x, fields: mapFields(stageFields(model, fields), pick) };
}

/** The label of each example and the names of the classes, where the head tells one class of each. */
function labelsOf<M extends string>({ head }: Model<M>, { test, fields }: Pick<Dataset, "test" | "fields">) {
  if (head.kind !== "classes") return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const names = fields[field]?.classes;
  return { labels: test.fields[field]!.data, nameOf: (label: number) => names?.[label] ?? String(label) };
}

function overExamples<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  data: Pick<Dataset, "test" | "fields">,
  { backend, seed = 0 }: Options,
): Raster[] {
  const layers = model.unitLayers.slice(0, LAYERS);
  if (layers.length === 0) return [];
  const groups = groupsOf(model, data);
  const { x, fields } = examplesAt(
    model,
    data.test,
    groups.flatMap(({ places }) => places),
  );
  const look = compile(
    (p: Params<Tensor>, given: Tensor, others: Batch<Tensor>) =>
      model
        .hidden(p, given, "stochastic", key(seed), others)
        .slice(0, LAYERS)
        .map(({ output }) => output),
    { backend },
  );
  const found = look(resident<Params<Tensor>>(params, { backend }), x, fields);
  return found.map(({ data: sent, shape }, i) => {
    const [examples, units] = shape as [number, number];
    return {
      layer: layers[i]!.name,
      rows: spread(units, UNITS).map((unit) =>
        Float32Array.from({ length: examples }, (_, e) => sent[e * units + unit]!),
      ),
      groups: groups.map(({ name, places }) => ({ name, columns: places.length })),
      noun: model.layers[layers[i]!.row]!.gates ? "gates" : "units",
      ...{ along: "examples", shows: "outputs", units },
    };
  });
}

/** The first examples of each class, for as many classes as can be shown; of other data the first ones. */
function groupsOf<M extends string>(model: Model<M>, data: Pick<Dataset, "test" | "fields">) {
  const told = labelsOf(model, data);
  const places = Array.from({ length: Math.min(LOOKED, data.test.size) }, (_, i) => i);
  if (!told) return [{ name: "", places: places.slice(0, OF_CLASS * 8) }];
  const byClass = new Map<number, number[]>();
  for (const place of places) {
    const label = told.labels[place]!;
    byClass.set(label, [...(byClass.get(label) ?? []), place].slice(0, OF_CLASS));
  }
  const shown = [...byClass].sort(([a], [b]) => a - b).slice(0, CLASSES);
  return shown.map(([label, places]) => ({ name: told.nameOf(label), places }));
}

function alongSteps<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  data: Pick<Dataset, "test" | "fields">,
  { backend, seed = 0 }: Options,
): Raster[] {
  const { stepwise, inputShape } = model;
  if (!stepwise) return [];
  const [steps = 0, inputs] = [inputShape[0], sizeOf(inputShape.slice(1))];
  const told = labelsOf(model, data);
  const examples = Math.max(1, Math.min(SEQUENCES, data.test.size, Math.floor(COLUMNS / steps)));
  const shown = Math.min(steps, COLUMNS);
  const places = differing(told?.labels, data.test.size, examples);
  const { x, fields } = examplesAt(model, data.test, places);
  const step = compile(
    (p: Params<Tensor>, now: Tensor, first: Tensor, before: Params<Tensor>, others: Batch<Tensor>) =>
      stepwise.output(p, now, { readout: "stochastic", key: key(seed), fields: others, before, first }).after,
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  let state: Params<NdArray> = stepwise.stateFor(examples);
  const history: Params<NdArray>[] = [];
  for (let t = 0; t < shown; t++) {
    const now = NdArray.zeros([examples, 1, inputs]);
    places.forEach((_, e) => {
      const from = (e * steps + t) * inputs;
      now.data.set(x.data.subarray(from, from + inputs), e * inputs);
    });
    state = step(onBackend, now, new NdArray(Int32Array.of(t), []), state, fields);
    history.push(state);
  }
  const groups = places.map((place) => ({
    name: told ? told.nameOf(told.labels[place]!) : `${place}`,
    columns: shown,
  }));
  const rows = model.layers.flatMap(({ name }, row) => {
    const state = SHOWN.find((kept) => history[0]![row]?.[kept]);
    return state ? [{ name, row, state }] : [];
  });
  return rows.slice(0, LAYERS).map(({ name, row, state: kept }) => {
    const each = history.map((at) => at[row]![kept]!);
    const units = each[0]!.shape[1]!;
    return {
      layer: name,
      rows: spread(units, UNITS).map((unit) =>
        Float32Array.from(
          { length: examples * shown },
          (_, i) => each[i % shown]!.data[Math.floor(i / shown) * units + unit]!,
        ),
      ),
      ...{ groups, along: "steps", shows: kept === "s" ? "spikes" : "states", noun: "units", units },
    };
  });
}

/** The first examples whose labels differ, as far as there are such; else the first examples. */
function differing(labels: ArrayLike<number> | undefined, size: number, most: number): number[] {
  const places = Array.from({ length: Math.min(size, LOOKED) }, (_, i) => i);
  const first = labels ? places.filter((i) => places.slice(0, i).every((j) => labels[j] !== labels[i])) : [];
  return [...new Set([...first, ...places])].slice(0, most);
}
