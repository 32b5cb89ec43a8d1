import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { type Dataset, gathered, mapFields, type Split } from "../../data/dataset.ts";
import { UserError } from "../../errors.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import { modelFrom } from "../../models/from-config.ts";
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
  /** Whether what they output are spikes at each step. */
  readonly shows: "spikes" | "outputs";
  /** What its units are: gates, where they open blocks. */
  readonly noun: "units" | "gates";
  /** How many the layer has. */
  readonly units: number;
}

/** Units, layers and examples of a class that are shown; of a recurrent layer examples, and columns in all. */
const [UNITS, LAYERS, OF_CLASS, SEQUENCES, COLUMNS] = [48, 2, 8, 4, 240];
/** Classes that have a group of their own, and examples among which theirs are looked for. */
const [CLASSES, LOOKED] = [12, 2000];
interface Options {
  readonly backend: Backend;
  readonly seed?: number | undefined;
}

/**
 * What the units of a network's first layers output for a few test examples, units sampling as in training: along the steps for recurrent layers, else for the first examples of each class. None for a network without units.
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
  const pick = (all: NdArray): NdArray => gathered(all, Int32Array.from(places));
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
  const told = labelsOf(model, data);
  return untilRecurrent(model)
    .slice(0, LAYERS)
    .map((until): Raster => {
      const steps = until.layers.at(-1)!.output[0]!;
      const [shown, examples] = [
        Math.min(steps, COLUMNS),
        Math.max(1, Math.min(SEQUENCES, Math.floor(COLUMNS / steps))),
      ];
      const places = differing(told?.labels, data.test.size, examples);
      const { x, fields } = examplesAt(until, data.test, places);
      const look = compile(
        (p: Params<Tensor>, given: Tensor, others: Batch<Tensor>) =>
          until.output(p, given, "stochastic", key(seed), others),
        { backend },
      );
      const { data: sent, shape } = look(params.slice(0, until.layers.length), x, fields);
      const units = shape[2]!;
      return {
        layer: until.layers.at(-1)!.name.replace(/\.backward$/, ""),
        rows: spread(units, UNITS).map((unit) =>
          Float32Array.from(
            { length: places.length * shown },
            (_, i) => sent[(Math.floor(i / shown) * steps + (i % shown)) * units + unit]!,
          ),
        ),
        groups: places.map((place) => ({
          name: told ? told.nameOf(told.labels[place]!) : String(place),
          columns: shown,
        })),
        along: "steps",
        shows: until.observations.at(-1)?.name === "spikes" ? "spikes" : "outputs",
        ...{ noun: "units", units },
      };
    });
}

/** For each recurrent stage the network as far as it, whose output are those of all of its steps; none of a network with parts of the user's own. */
function untilRecurrent<M extends string>({ config, stages: summaries }: Model<M>): Model[] {
  const { stages, ...given } = config as { readonly stages: readonly { readonly kind: string }[] };
  const places = stages.flatMap(({ kind }, i) => (kind === "recurrent" ? [i] : []));
  const found = summaries.filter(({ kind }) => kind === "recurrent");
  try {
    return places.map((place, i) => {
      const { rows, output } = found[i]!;
      const shape = [rows[0]!.input[0]!, output.at(-1)!];
      const until = [...stages.slice(0, place), { ...stages[place]!, output: "sequence" }];
      // The head is of no matter here, but for what it reads.
      return modelFrom({ ...given, stages: until, head: { kind: "values", shape } });
    });
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** The first examples whose labels differ, as far as there are such; else the first examples. */
function differing(labels: ArrayLike<number> | undefined, size: number, most: number): number[] {
  const places = Array.from({ length: Math.min(size, LOOKED) }, (_, i) => i);
  const first = labels ? places.filter((i) => places.slice(0, i).every((j) => labels[j] !== labels[i])) : [];
  return [...new Set([...first, ...places])].slice(0, most);
}
