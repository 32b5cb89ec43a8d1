// The functional diagram of a network as a list of steps, whose values an example then fills.
import { UserError } from "../../../src/errors.ts";
import type { NdArray } from "../../../src/graph/index.ts";
import { sizeOf } from "../../../src/graph/index.ts";
import { isBinary } from "../../../src/measure/binary.ts";
import type { Model, Params, StageSummary, UnitLayer } from "../../../src/models/model.ts";
import { binned } from "../../../src/plots/binned.ts";
import type { Passage } from "../../../src/report/gather/passage.ts";
import { counted } from "../parts/text.ts";
import { type Example, MOST_SENT, type Numbers, type Step, type Valued } from "./network-messages.ts";

const BINS = 24;
/** What the parameters of a row are called on paper. */
const letters: Readonly<Record<string, readonly [letter: string, words: string]>> = {
  weight: ["W", "weights"],
  bias: ["b", "biases"],
  out: ["V", "outgoing weights of the blocks"],
  offset: ["c", "biases of the scores"],
};

const value = (letter: string, layer: number, words: string, shape: readonly number[]): Step => ({
  ...{ kind: "value", id: `${letter}${layer || ""}`, letter, layer, words, shape },
});

/** The parameters of a row that a gradient moves. */
const parametersOf = (model: Model, row: number): Valued[] =>
  model.layers[row]!.parameters.flatMap(({ name, shape, byRule }) => {
    const [letter, words] = letters[name] ?? [name, name];
    return byRule ? [] : [{ id: `${name}${row + 1}`, letter, layer: row + 1, words, shape }];
  });

interface Place {
  readonly model: Model;
  readonly stage: StageSummary;
  readonly rows: readonly number[];
  readonly number: number;
}

/** From what a layer's units receive to what they output. */
function decision({ estimator: { unit, card }, units }: UnitLayer, number: number, isGate: boolean): Step[] {
  const draws = unit.stochastic && unit.rate !== undefined;
  const noun = isGate ? "gates" : "units";
  const isCoin = unit.stochastic && isBinary(unit);
  const u = { id: `u${number}`, letter: "u", layer: number, words: "draws, even between 0 and 1", shape: [units] };
  const map = { kind: "map", parameters: [], readsAgain: false } as const;
  return [
    value("a", number, isGate ? "scores of the gates" : "what each unit receives", [units]),
    ...(draws ? [{ ...map, id: `rate${number}`, formula: isCoin ? "p = σ(a)" : "P(h ≠ 0)", words: "probability to fire", estimator: undefined }] : []), // biome-ignore format: one line
    ...(draws ? [value("p", number, "probability of each", [units])] : []),
    {
      ...{
        ...map,
        id: `decide${number}`,
        estimator: card.name,
        words: `${noun} decide`,
        parameters: isCoin ? [u] : [],
      },
      formula: isCoin ? "h = 1[u < p]" : `h = ${unit.formula ?? `${card.title}(a)`}`,
    },
    value("h", number, isGate ? "gates, 0 is closed" : "outputs", [units]),
  ];
}

function stageSteps({ model, stage, rows, number }: Place, layer: UnitLayer | undefined, isLast: boolean): Step[] {
  const gates = rows.some((row) => model.layers[row]!.gates !== undefined);
  const box = (own: readonly number[], formula: string, words: string, readsAgain = false): Step => ({
    ...{ kind: "map", id: `map${own[0]! + 1}`, formula, words, estimator: undefined, readsAgain },
    parameters: own.flatMap((row) => parametersOf(model, row)),
  });
  const next = isLast ? [] : [value("y", number, "outputs of the stage", stage.output)];
  if (!layer) {
    const isMap = rows.some((row) => model.layers[row]!.parameters.length > 0);
    return [
      box(
        rows,
        isMap ? `${isLast ? "s" : "y"} = W·h + b` : stage.kind,
        stage.kind === "dense" ? "affine map" : stage.kind,
      ),
      ...next,
    ];
  }
  if (!gates)
    return [box(rows, `a = W·${number > 1 ? "h" : "x"} + b`, "affine map"), ...decision(layer, number, false)];
  const last = rows.at(-1)!;
  const { blocks, width } = model.layers[last]!.gates!;
  return [
    box(rows.slice(0, -1), "a = W·x + b", "gater"),
    ...decision(layer, number, true),
    box([last], "Σₖ hₖ · f(Wₖx + bₖ)Vₖ + c", `${counted(blocks, "block")} of ${width}`, true),
    ...next,
  ];
}

/** All steps, from the input to the loss. Throws UserError for a network that isn't one of stages of units and a class. */
export function stepsOf(model: Model): Step[] {
  const { stages, layers, unitLayers, head, inputShape } = model;
  if (head.kind !== "classes") throw new UserError(`lab: looks into networks that tell classes, received ${head.kind}`);
  const map = { kind: "map", parameters: [], estimator: undefined, readsAgain: false } as const;
  let number = 0;
  const middle = stages.flatMap((stage, i) => {
    const rows = stage.rows.map((row) => layers.indexOf(row));
    const layer = unitLayers.find(({ row }) => rows.includes(row));
    if (layer) number++;
    return stageSteps({ model, stage, rows, number }, layer, i === stages.length - 1);
  });
  const classes = head.input!;
  return [
    value("x", 0, "the image", [sizeOf(inputShape)]),
    ...middle,
    value("s", 0, "class scores", classes),
    { ...map, id: "softmax", formula: "softmax(s)", words: "scores to probabilities" },
    value("P", 0, "probability of each class", classes),
    { ...map, id: "log", formula: "L = −log P(label)", words: "cross-entropy" },
    value("L", 0, "loss", []),
  ];
}

/** Numbers as the page gets them. */
export function numbersOf({ data }: Pick<NdArray, "data">): Numbers {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const counts = Float32Array.from(binned(data, [least, most], BINS), ({ count }) => count);
  return { data: data.length > MOST_SENT ? new Float32Array() : Float32Array.from(data), least, most, counts };
}

/** What a passage says, by the ids of the steps. */
export function filled(
  model: Model,
  params: Params<NdArray>,
  passage: Passage,
): Pick<Example, "values" | "slopes" | "label" | "predicted" | "loss"> {
  const { x, units, scores, probabilities, label, loss } = passage;
  const values: [string, NdArray | undefined][] = [["x", x], ["s", scores], ["P", probabilities]]; // biome-ignore format: one line
  const slopes: [string, NdArray | undefined][] = [
    ["x", passage.slopeOfX],
    ["s", passage.slopeOfScores],
  ];
  units.forEach(({ a, p, u, h, slopeOfA, slopeOfH }, i) => {
    values.push([`a${i + 1}`, a], [`p${i + 1}`, p], [`u${i + 1}`, u], [`h${i + 1}`, h]);
    slopes.push([`a${i + 1}`, slopeOfA], [`h${i + 1}`, slopeOfH]);
  });
  model.layers.forEach(({ parameters }, row) => {
    for (const { name, byRule } of parameters) {
      if (byRule) continue;
      values.push([`${name}${row + 1}`, params[row]![name]]);
      slopes.push([`${name}${row + 1}`, passage.slopes[row]![name]]);
    }
  });
  const record = (all: typeof values) =>
    Object.fromEntries(all.flatMap(([id, array]) => (array ? [[id, numbersOf(array)] as const] : [])));
  const predicted = probabilities.data.indexOf(Math.max(...probabilities.data));
  return { values: record(values), slopes: record(slopes), label, predicted, loss };
}
