import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { type Dataset, rowsOf } from "../../data/dataset.ts";
import { pathGradient } from "../../estimators/path-gradient.ts";
import { gradients, NdArray, sum, type Tensor, valueAndGrad } from "../../graph/index.ts";
import { evaluatingAll } from "../../layers/gated-blocks.ts";
import { isBinary } from "../../measure/binary.ts";
import type { Model, Params } from "../../models/model.ts";
import { key as keyOf } from "../../random/index.ts";

/** A value of one example, without the axis of examples. */
export interface Inside {
  readonly value: NdArray;
  /** The derivative of the example's loss, as a training step says it. */
  readonly slope: NdArray;
}

/** The units of one layer for one example, [H] each. */
export interface UnitsPassage {
  /** The stage that they stand in, by its place. */
  readonly stage: number;
  /** Their pre-activations. */
  readonly a: NdArray;
  /** The probability to output something; undefined where nothing is drawn. */
  readonly p: NdArray | undefined;
  /** The draw that decides: a unit fires where it is below p. Undefined for units that don't output bits. */
  readonly u: NdArray | undefined;
  /** What they output. */
  readonly h: NdArray;
  /** ∂L/∂h of the network behind them, in which closed blocks are computed too. */
  readonly slopeOfH: NdArray;
  /** What their estimator says of ∂L/∂a. */
  readonly slopeOfA: NdArray;
}

/** One example on its way through a network, and the derivatives of its loss. Shapes are without the axis of examples. */
export interface Passage {
  readonly x: NdArray;
  readonly label: number;
  /** One for each of the network's layers of units. */
  readonly units: readonly UnitsPassage[];
  /** One for each stage, by the names of `Model.insides`. */
  readonly stages: readonly { readonly [name: string]: Inside }[];
  /** What the last stage outputs: the class scores [C]. */
  readonly scores: NdArray;
  readonly slopeOfScores: NdArray;
  /** [C] */
  readonly probabilities: NdArray;
  /** −log of the label's probability. */
  readonly loss: number;
  /** What a training step on this example says of ∂L/∂x and of ∂L/∂ of the parameters. */
  readonly slopeOfX: NdArray;
  readonly slopes: Params<NdArray>;
}

/** One test example by its place, with draws that the seed decides. */
export type PassageOf = (
  params: Params<NdArray>,
  data: Pick<Dataset, "test">,
  example: number,
  seed: number,
) => Passage;

/**
 * What every stage of a classifier makes of one test example, units sampling as in training and normalisations with their statistics of test, and the
 * derivative of the example's loss with respect to each of these and to the parameters: what the estimators say where units decide. Undefined for a
 * network whose head doesn't say one class for each example. The program is compiled once.
 */
export function passageOf<M extends string>(model: Model<M>, backend: Backend): PassageOf | undefined {
  const { head, stages, unitLayers } = model;
  if (head.kind !== "classes") return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const { states } = model.init(0);
  const places = unitLayers.map(({ row }) => stages.findIndex(({ rows }) => rows.includes(model.layers[row]!)));
  const draws = drawsIn(model, places);
  const nudges = model.insides.map((inside) => mapRecord(inside, (shape) => NdArray.zeros([1, ...shape])));
  const program = compile(
    (
      params: Params<Tensor>,
      x: Tensor,
      label: Tensor,
      seed: Tensor,
      given: readonly { readonly [name: string]: Tensor }[],
      zeros: Params<Tensor>,
    ) => {
      const key = keyOf(0).fold(seed);
      const batch = { [model.input]: x, [field]: label };
      const inside = model.inside(params, x, "stochastic", key, batch);
      const sent = model.hidden(params, x, "stochastic", key, batch);
      const units = unitLayers.map(({ readsInput, estimator: { unit } }, layer) => {
        const a = inside[places[layer]!]!.a!;
        const read = readsInput ? model.cut(params, x, layer, key, batch).read : undefined;
        const h = sent[layer]!.output;
        const behind = model.behind(params, batch, layer, read, key, given, "test");
        const { gradient } = pathGradient((value, mode) => evaluatingAll(() => behind(value, mode)), h);
        return { h, slopeOfH: gradient, rate: unit.rate ? unit.rate(a) : a };
      });
      const scores = model.output(params, x, "stochastic", key, batch);
      const loss = head.loss!(scores, batch, {});
      type Of = { readonly params: Params<Tensor>; readonly x: Tensor; readonly zeros: Params<Tensor> };
      const [, slopes] = valueAndGrad((of: Of) =>
        sum(model.nudgedLosses(of.params, { ...batch, [model.input]: of.x }, key, given, of.zeros)),
      )({ params, x, zeros });
      return {
        ...{ inside, units, scores, loss, slopeOfScores: gradients(sum(loss), [scores])[0]! },
        uniform: draws.map(({ stage, units: count }) => key.fold(stage).uniform([1, count])),
        probabilities: head.predict(scores, {}).probabilities!,
        slopes,
      };
    },
    { backend },
  );
  return (params, { test }, example, seed) => {
    const x = new NdArray(rowsOf(test.fields[model.input]!, example, example + 1).data, [1, ...model.inputShape]);
    const label = rowsOf(test.fields[field]!, example, example + 1);
    const found = program(params, x, label, new NdArray(Int32Array.of(seed), []), states, nudges);
    const uniform = new Map(draws.map(({ layer }, i) => [layer, found.uniform[i]!]));
    const at = found.inside.map((values, i) =>
      mapRecord(values, (value, name) => ({ value: alone(value), slope: alone(found.slopes.zeros[i]![name]!) })),
    );
    return {
      ...{ label: label.data[0]!, loss: found.loss.data[0]!, slopes: found.slopes.params, stages: at },
      units: found.units.map(({ h, rate, slopeOfH }, layer) => {
        const { unit } = unitLayers[layer]!.estimator;
        const { value: a, slope: slopeOfA } = at[places[layer]!]!.a!;
        return {
          ...{ stage: places[layer]!, a, h: alone(h), slopeOfH: alone(slopeOfH), slopeOfA },
          p: unit.stochastic && unit.rate ? alone(rate) : undefined,
          u: uniform.has(layer) ? alone(uniform.get(layer)!) : undefined,
        };
      }),
      ...{ x: alone(x), scores: alone(found.scores), slopeOfScores: alone(found.slopeOfScores) },
      ...{ probabilities: alone(found.probabilities), slopeOfX: alone(found.slopes.x) },
    };
  };
}

/** Without the axis of examples. */
const alone = ({ data, shape }: NdArray): NdArray => new NdArray(data, shape.slice(1));

const mapRecord = <T, U>(record: { readonly [name: string]: T }, f: (value: T, name: string) => U) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));

/** The layers whose units output bits that a draw decides. */
const drawsIn = ({ unitLayers }: Pick<Model, "unitLayers">, places: readonly number[]) =>
  unitLayers.flatMap(({ units, estimator: { unit } }, layer) =>
    unit.stochastic && isBinary(unit) ? [{ layer, units, stage: places[layer]! }] : [],
  );
