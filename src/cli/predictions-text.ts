import { fitColumns } from "../describe/table.ts";
import { NdArray } from "../graph/index.ts";
import type { ClassUncertainty, OpenGates, Predicted, Prediction, Uncertainty } from "../predict/prediction.ts";
import type { PredictionSpec } from "../predict/spec.ts";

/** A column of predictions: its name and its value for an example. */
interface Column {
  readonly name: string;
  of(prediction: Prediction): string | number;
}

type Output = PredictionSpec["outputs"][number];

/** Number i of a predicted value, as a column is called: p(setosa), quality, variance(quality), value.0. */
function nameOf({ name, shape, columns }: Output, names: readonly string[] | undefined, i: number): string {
  if (shape.length === 0) return name;
  if (name === "probabilities" && names && shape.length === 1) return `p(${names[i]})`;
  if (columns) return name === "value" ? columns[i]! : `${name}(${columns[i]})`;
  return `${name}.${placeOf(i, shape).join(".")}`;
}

/** Numbers of a predicted value, by the names of their columns. */
function numbersOf(output: Output, names: readonly string[] | undefined): readonly Column[] {
  const { name, shape } = output;
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, (_, i) => ({
    name: nameOf(output, names, i),
    of: (prediction: Prediction) => numberIn(prediction[name] as Predicted, i),
  }));
}

const numberIn = (value: Predicted, i: number): number => {
  if (typeof value === "number") return value;
  return (value instanceof NdArray ? value.data : value)[i]!;
};

/** How far each predicted number of a table's column differs between passes. */
const deviationsOf = ({ outputs }: PredictionSpec): readonly Column[] =>
  outputs
    .filter(({ columns, dtype }) => columns && dtype === "float32")
    .slice(0, 1)
    .flatMap(({ name, columns = [] }) =>
      columns.map((column, i) => ({
        name: `deviation(${column})`,
        of: ({ uncertainty }: Prediction) => numberIn((uncertainty as Uncertainty).deviation[name]!, i),
      })),
    );

/** The place of number i along each axis, from 0. */
const placeOf = (i: number, shape: readonly number[]): number[] =>
  shape.map((length, axis) => Math.floor(i / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % length);

const uncertaintyOf = (prediction: Prediction) => prediction.uncertainty as ClassUncertainty;

/** All that a prediction says, as columns of numbers and names. */
function columnsOf(spec: PredictionSpec, passes: boolean): Column[] {
  const label = spec.outputs.some(({ name, shape }) => name === "label" && shape.length === 0);
  const classes = spec.outputs.find(({ name, shape }) => name === "probabilities" && shape.length === 1);
  return [
    ...(label ? [{ name: "name", of: (prediction: Prediction) => String(prediction.name) }] : []),
    ...spec.outputs.flatMap((output) => numbersOf(output, spec.names)),
    ...spec.gates.map(({ layer }, i) => ({
      name: `${layer}.open`,
      of: (prediction: Prediction) => (prediction.gates as readonly OpenGates[])[i]!.open.join(" "),
    })),
    ...(passes && classes
      ? [
          { name: "entropy", of: (prediction: Prediction) => uncertaintyOf(prediction).entropy },
          { name: "mutualInformation", of: (prediction: Prediction) => uncertaintyOf(prediction).mutualInformation },
        ]
      : []),
    ...(passes ? deviationsOf(spec) : []),
  ];
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** What stands beside predictions in a text. */
interface Beside {
  /** Whether several stochastic passes were made. */
  readonly passes: boolean;
  /** The files of images, one for each prediction (default: predictions are numbered). */
  readonly files?: readonly string[] | undefined;
}

/** All predictions as CSV, a line for each, with a header. */
export function predictionsCsv(
  predictions: readonly Prediction[],
  spec: PredictionSpec,
  { passes, files }: Beside,
): string {
  const columns = columnsOf(spec, passes);
  const lines = [
    [files ? "file" : "example", ...columns.map(({ name }) => name)],
    ...predictions.map((prediction, i) => [
      files?.[i] ?? `${i}`,
      ...columns.map((column) => `${column.of(prediction)}`),
    ]),
  ];
  return lines.map((cells) => cells.map(quoted).join(",")).join("\n");
}

/** Lines of the table that a terminal shows. */
const MOST = 20;
/** Numbers of a prediction that the table shows where there are no classes. */
const MOST_NUMBERS = 6;

/** The first predictions as a table for a terminal. */
export function predictionsText(
  predictions: readonly Prediction[],
  spec: PredictionSpec,
  setting: Beside & { readonly columns: number; bold(text: string): string },
): string {
  const classes = spec.outputs.find(({ name, shape }) => name === "probabilities" && shape.length === 1);
  const columns: Column[] = classes
    ? classColumns(spec, setting.passes)
    : columnsOf(spec, setting.passes).slice(0, MOST_NUMBERS);
  const shown = predictions.slice(0, MOST);
  const { files } = setting;
  const rows = [
    [files ? "file" : "example", ...columns.map(({ name }) => name)],
    ...shown.map((prediction, i) => [
      files?.[i] ?? `${i}`,
      ...columns.map((column) => {
        const value = column.of(prediction);
        return typeof value === "number" && !Number.isInteger(value)
          ? value.toPrecision(4)
          : String(value).replaceAll(/\s+/g, " ");
      }),
    ]),
  ];
  const all = predictions.length;
  // What is narrow enough is never dropped: the second class goes first, of other numbers the last ones.
  const optional = classes
    ? [4, 3]
    : rows[0]!
        .map((_, i) => i)
        .slice(2)
        .reverse();
  const right = rows[0]!.map((_, i) => i).slice(files ? 1 : 0);
  const fitted = fitColumns(rows, { columns: setting.columns, right, optional });
  const [head, ...lines] = fitted.lines;
  return [
    setting.bold(head!),
    ...lines,
    ...(all > MOST ? [`the first ${MOST} of ${all}; --csv and --json print all`] : []),
  ].join("\n");
}

/** The most probable class, the next one, and how sure several passes are. */
function classColumns({ names }: PredictionSpec, passes: boolean): Column[] {
  const ranked = (prediction: Prediction): number[] => {
    const probabilities = prediction.probabilities as Float32Array;
    return Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  };
  const at = (rank: number) => [
    {
      name: rank === 0 ? "class" : "second",
      of: (prediction: Prediction) => names?.[ranked(prediction)[rank]!] ?? `${ranked(prediction)[rank]}`,
    },
    {
      name: "probability",
      of: (prediction: Prediction) =>
        `${(100 * (prediction.probabilities as Float32Array)[ranked(prediction)[rank]!]!).toFixed(1)}%`,
    },
  ];
  return [
    ...at(0),
    ...at(1),
    ...(passes
      ? [
          { name: "entropy, nats", of: (prediction: Prediction) => uncertaintyOf(prediction).entropy.toFixed(3) },
          {
            name: "votes",
            of: (prediction: Prediction) =>
              `${(100 * uncertaintyOf(prediction).votes[prediction.label as number]!).toFixed(0)}%`,
          },
        ]
      : []),
  ];
}
