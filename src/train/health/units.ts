import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import type { Resident } from "../../compile/resident.ts";
import { gathered, mapFields, type Split } from "../../data/dataset.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import {
  abs,
  constant,
  evaluate,
  gradients,
  greater,
  max,
  mean,
  mul,
  NdArray,
  reshape,
  sigmoid,
  sizeOf,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Batch } from "../../models/head.ts";
import { insideNames } from "../../models/insides.ts";
import type { Model, Params, UnitLayer } from "../../models/model.ts";
import { key } from "../../random/index.ts";

/** Validation examples that units are looked at with: a unit that fires for one example in a hundred is missed with a chance of 0.7%. */
const EXAMPLES = 500;
/** p < 0.01 or p > 0.99. */
const EXTREME = Math.log(99);
const NOISE = 0x48454c54;

/** How the units of a layer, or the gates of a cell, were for some examples. */
export interface UnitsSeen {
  /** The layer, or a neuron of a cell: "forget of lstm1". */
  readonly name: string;
  /** Of units that are 0 unless they fire, the mean chance of each to fire [U]; the units of an image are its channels. */
  readonly firing?: NdArray;
  /** Whether they output bits, so that one which always fires says nothing. */
  readonly bits: boolean;
  /** Of units of probability σ(a), the share of all probabilities that are below 0.01 or above 0.99. */
  readonly extreme?: number;
}

/** Some of a split's examples, evenly spread over it, as a network reads them. */
export function spreadExamples(model: Model, { size, fields }: Pick<Split, "size" | "fields">) {
  const count = Math.min(EXAMPLES, size);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
  const chosen = mapFields(fields, (field) => gathered(field, rows));
  const x = chosen[model.input]!;
  return { count, x: new NdArray(x.data, [count, ...model.inputShape]), fields: stageFields(model, chosen) };
}

/** What is looked at: a layer of units, gates, or a neuron of a cell that may be a gate. */
interface Place {
  readonly name: string;
  readonly stage: number;
  /** Names among the stage's insides, of what it receives, and of what it outputs where that stands there. */
  readonly a: string;
  readonly sent: string | undefined;
  readonly layer: UnitLayer | undefined;
}

/** The layers of units, gates that nothing controls, and the neurons of cells whose insides can be looked at. */
function placesIn(model: Model): Place[] {
  const { received, sent } = insideNames;
  const layers = [...model.unitLayers];
  return model.insides.flatMap((inside, stage): Place[] => {
    if (Object.hasOwn(inside, received)) {
      const layer = layers.shift()!;
      const { name, row, estimator } = layer;
      if (estimator.card.categorical) return [];
      const areGates = model.layers[row]!.gates !== undefined;
      // Closed gates are what a control is for.
      if (areGates && model.stages[stage]!.config.sparsity !== undefined) return [];
      // A stage may output more than its units do.
      const isSent = !areGates && sizeOf(inside[received]!) === sizeOf(inside[sent]!);
      const called = areGates ? `gates of ${name}` : name;
      return [{ name: called, stage, a: received, sent: isSent ? sent : undefined, layer }];
    }
    const { name } = model.stages[stage]!.rows[0] ?? { name: "" };
    return Object.keys(inside)
      .filter((neuron) => Object.hasOwn(inside, `${neuron}:a`))
      .map((neuron) => ({ name: `${neuron} of ${name}`, stage, a: `${neuron}:a`, sent: neuron, layer: undefined }));
  });
}

const trials = [-6, -2, -0.5, 0.5, 2, 6];

/** What a function of pre-activations gives for a layer of `units` units, which all receive the same: one number for each trial. */
function tried(f: (a: Tensor) => Tensor, units: number): number[] {
  const given = NdArray.zeros([trials.length, units]);
  trials.forEach((a, i) => given.data.fill(a, i * units, (i + 1) * units));
  return Array.from(evaluate([mean(f(constant(given)), 1)])[0]!.data);
}

/** Whether a unit that is nearly certain gets hardly any gradient: a straight-through one gets all of it. */
function isFlat({ estimate, init }: Estimator): boolean {
  const kept = Object.entries(init?.([1], key(0)) ?? {});
  const state = Object.fromEntries(kept.map(([name, value]) => [name, constant(value)]));
  const slopeAt = (given: number): number => {
    const a = constant(new NdArray(Float32Array.of(given), [1, 1]));
    const { loss } = estimate(a, key(0), (h) => sum(h, 1), state);
    return Math.abs(evaluate(gradients(sum(loss), [a]))[0]!.item());
  };
  return slopeAt(8) < 0.1 * Math.max(slopeAt(0), 0.25);
}

/** What units are, as far as it shows in what they do. */
function kindOf(estimator: Estimator, units: number) {
  const { sample, readout, rate } = estimator.unit;
  const isLogistic = (f: ((a: Tensor) => Tensor) | undefined): boolean =>
    f !== undefined && tried((a) => abs(sub(f(a), sigmoid(a))), units).every((distance) => distance < 1e-6);
  return {
    bits: tried((a) => mul(sample(a, key(0)), sub(1, sample(a, key(0)))), units).every((x) => x === 0),
    mayBeFlat: (isLogistic(rate) || isLogistic(readout)) && isFlat(estimator),
  };
}

/** What looks at a network's units with the noise of its training; undefined where it has none that can be looked at. */
export function unitsWatch(
  model: Model,
  backend: Backend,
): ((params: Resident<Params<Tensor>>, examples: ReturnType<typeof spreadExamples>) => UnitsSeen[]) | undefined {
  const places = placesIn(model);
  if (places.length === 0) return undefined;
  const kinds = places.map(({ layer }) => layer && kindOf(layer.estimator, layer.units));
  const program = compile(
    (params: Params<Tensor>, x: Tensor, fields: Batch<Tensor>) => {
      const insides = model.inside(params, x, "stochastic", key(NOISE), fields);
      return places.map(({ stage, a, sent, layer }) => {
        const found = insides[stage]![a]!;
        const output = sent === undefined ? undefined : insides[stage]![sent]!;
        const rate = output && layer?.estimator.unit.rate?.(found);
        return {
          extreme: mean(greater(abs(found), EXTREME)),
          ...(layer === undefined && output && { distance: max(abs(sub(sigmoid(found), output))) }),
          ...(rate && output && { firing: byUnit(rate, output.shape) }),
        };
      });
    },
    { backend },
  );
  return (params, { x, fields }) =>
    program(params, x, fields).map(({ extreme, distance, firing }, i) => ({
      name: places[i]!.name,
      bits: kinds[i]?.bits ?? false,
      ...(firing && { firing }),
      ...((kinds[i]?.mayBeFlat || (distance && distance.item() < 1e-4)) && { extreme: extreme.item() }),
    }));
}

/** The mean of each unit [B, H] → [H]; of what is laid out as [B, …, C] that of each channel [C]. */
function byUnit(rate: Tensor, shape: readonly number[]): Tensor {
  const laid = reshape(rate, shape);
  return mean(
    laid,
    shape.slice(0, -1).map((_, axis) => axis),
  );
}
