import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { type Dataset, rowsOf } from "../../data/dataset.ts";
import { pathGradient } from "../../estimators/path-gradient.ts";
import { gradients, NdArray, sameShape, sum, type Tensor, valueAndGrad } from "../../graph/index.ts";
import { evaluatingAll } from "../../layers/gated-blocks.ts";
import { isBinary } from "../../measure/binary.ts";
import type { Model, Params } from "../../models/model.ts";
import { key as keyOf } from "../../random/index.ts";

/** The units of one layer for one example, [H] each. */
export interface UnitsPassage {
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
  /** What their estimator says of ∂L/∂a; undefined where no bias is added to a, of which it would be the derivative. */
  readonly slopeOfA: NdArray | undefined;
}

/** One example on its way through a network, and the derivatives of its loss. Shapes are without the axis of examples. */
export interface Passage {
  readonly x: NdArray;
  readonly label: number;
  /** One for each of the network's layers of units. */
  readonly units: readonly UnitsPassage[];
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
 * What every layer of a classifier outputs for one test example, units sampling as in training, and the derivative of the example's loss with respect
 * to each of these and to the parameters: what the estimators say where units decide. Undefined for a network whose head doesn't say one class for each
 * example, and for one whose units decide at each step of a sequence. The program is compiled once.
 */
export function passageOf<M extends string>(model: Model<M>, backend: Backend): PassageOf | undefined {
  const { head, stages, unitLayers } = model;
  if (head.kind !== "classes" || stages.some(({ kind }) => kind === "recurrent")) return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const { states } = model.init(0);
  const draws = drawsIn(model);
  const program = compile(
    (
      params: Params<Tensor>,
      x: Tensor,
      label: Tensor,
      seed: Tensor,
      given: readonly { readonly [name: string]: Tensor }[],
    ) => {
      // biome-ignore format: one line
      const key = keyOf(0).fold(seed);
      const batch = { [model.input]: x, [field]: label };
      const sent = model.hidden(params, x, "stochastic", key, batch);
      const units = unitLayers.map(({ readsInput, estimator: { unit } }, layer) => {
        const { read, a } = model.cut(params, x, layer, key, batch);
        const h = sent[layer]!.output;
        const behind = model.behind(params, batch, layer, readsInput ? read : undefined, key, given);
        const { gradient } = pathGradient((value, mode) => evaluatingAll(() => behind(value, mode)), h);
        return { a, h, slopeOfH: gradient, rate: unit.rate ? unit.rate(a) : a };
      });
      const scores = model.output(params, x, "stochastic", key, batch);
      const loss = head.loss!(scores, batch, {});
      const [, slopes] = valueAndGrad((of: { readonly params: Params<Tensor>; readonly x: Tensor }) =>
        sum(model.train(of.params, { ...batch, [model.input]: of.x }, key, given).loss),
      )({ params, x });
      return {
        ...{ units, scores, loss, slopeOfScores: gradients(sum(loss), [scores])[0]! },
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
    const found = program(params, x, label, new NdArray(Int32Array.of(seed), []), states);
    const uniform = new Map(draws.map(({ layer }, i) => [layer, found.uniform[i]!]));
    return {
      ...{ label: label.data[0]!, loss: found.loss.data[0]!, slopes: found.slopes.params },
      units: found.units.map(({ a, h, rate, slopeOfH }, layer) => ({
        ...{ a: alone(a), h: alone(h), slopeOfH: alone(slopeOfH) },
        p:
          unitLayers[layer]!.estimator.unit.stochastic && unitLayers[layer]!.estimator.unit.rate
            ? alone(rate)
            : undefined,
        u: uniform.has(layer) ? alone(uniform.get(layer)!) : undefined,
        slopeOfA: slopeOfA(model, layer, found.slopes.params),
      })),
      ...{ x: alone(x), scores: alone(found.scores), slopeOfScores: alone(found.slopeOfScores) },
      ...{ probabilities: alone(found.probabilities), slopeOfX: alone(found.slopes.x) },
    };
  };
}

/** Without the axis of examples. */
const alone = ({ data, shape }: NdArray): NdArray => new NdArray(data, shape.slice(1));

/** The stage of a layer of units, by its place. */
const stageOf = (
  { stages, layers, unitLayers }: Pick<Model, "stages" | "layers" | "unitLayers">,
  layer: number,
): number => stages.findIndex(({ rows }) => rows.includes(layers[unitLayers[layer]!.row]!));

/** The layers whose units output bits that a draw decides. */
const drawsIn = (model: Pick<Model, "stages" | "layers" | "unitLayers">) =>
  model.unitLayers.flatMap(({ units, estimator: { unit } }, layer) =>
    unit.stochastic && isBinary(unit) ? [{ layer, units, stage: stageOf(model, layer) }] : [],
  );

/** The derivative with respect to the bias that is added to a: of one example, it is that with respect to a. */
function slopeOfA(
  model: Pick<Model, "stages" | "layers" | "unitLayers">,
  layer: number,
  slopes: Params<NdArray>,
): NdArray | undefined {
  // biome-ignore format: one line
  const { units } = model.unitLayers[layer]!;
  const rows = model.stages[stageOf(model, layer)]!.rows.map((row) => model.layers.indexOf(row));
  const biases = rows.flatMap((row) => slopes[row]?.bias ?? []).filter(({ shape }) => sameShape(shape, [units]));
  return biases.at(-1);
}
