import { type Metric, titleWithUnit } from "../../models/head.ts";
import { escapeXml, lineChart, type Series } from "../../plots/index.ts";
import { meanInterval } from "../../statistics/student.ts";
import type { EpochMetrics } from "../../train/index.ts";
import { highestInWords, lowestInWords } from "../findings.ts";
import { figure } from "../page.ts";
import type { ReportedRun } from "../report.ts";
import { scoreText } from "../score-text.ts";
import { chief, type Scoring } from "../scoring.ts";
import { type Block, ofRun } from "./block.ts";

/** How the metrics develop along the training. */
export const curves: Block = {
  name: "curves",
  title: "Learning curves",
  reads:
    "The validation metric that selects the epoch, and what training minimises. Where the validation curve rises again while the training curve still falls, the network learns the training examples by heart.",
  draw: async ({ runs, head }) => {
    const parts = [...warningsOf(runs), ...(await learningCurves(runs, head))];
    return [{ title: "Learning curves", html: parts.join("\n") }];
  },
};

/** What was warned of in the trainings, such as units that no longer learn. */
function warningsOf<M extends string>(runs: readonly ReportedRun<M>[]): string[] {
  const said = runs.flatMap(({ name, history }) =>
    history.flatMap(({ warnings = [] }) => warnings.map(({ message }) => ofRun(runs, name, message))),
  );
  return said.length === 0
    ? []
    : [`<div class="note">${said.map((text) => `<p>${escapeXml(text)}</p>`).join("")}</div>`];
}

/** A curve of the selecting metric on validation data, one of what training minimises, and one of each other metric. */
function learningCurves<M extends string>(runs: readonly ReportedRun<M>[], head: Scoring<M>): Promise<string[]> {
  const { selects, minimised } = chief(head);
  const { readout } = head.select;
  const onValidation = (metric: Metric<M>): Curve<M> => ({
    metric,
    split: "validation",
    caption: `with the ${readout} readout`,
    value: ({ valid }) => valid[readout][metric.name],
  });
  return Promise.all([
    curve(runs, onValidation(selects)),
    curve(runs, {
      ...{ metric: minimised, split: "training", caption: "mean over the steps before, with the units' noise" },
      value: ({ train }) => train[minimised.name],
    }),
    ...head.metrics
      .filter((metric) => metric !== selects && metric !== minimised && !isSameCurve(metric, selects))
      .map((m) => curve(runs, onValidation(m))),
  ]);
}

/** Whether a metric says nothing beside another: the MSE beside its own root. */
const isSameCurve = (metric: Metric, { name, of }: Metric): boolean =>
  metric.name === "mse" && name === "rmse" && of === Math.sqrt;

interface Curve<M extends string> {
  readonly metric: Metric<M>;
  readonly split: "training" | "validation";
  readonly caption: string;
  readonly value: (epoch: EpochMetrics<M>) => number;
}

/** The curves of one network that was trained with several seeds. */
export interface SeedCurves {
  readonly name: string;
  /** Of each seed, from left to right. */
  readonly seeds: readonly (readonly { readonly x: number; readonly y: number }[])[];
}

/** The mean over seeds at each place that all of them have, with its 95 % interval by Student's t as a band; one seed has none. */
export function meanCurve({ name, seeds }: SeedCurves): Series {
  const all = seeds.map((points) => new Map(points.map(({ x, y }) => [x, y])));
  const shared = [...(all[0]?.keys() ?? [])].filter((x) => all.every((seed) => seed.has(x)));
  return {
    name,
    points: shared.map((x) => {
      const { value, low, high } = meanInterval(all.map((seed) => seed.get(x)!));
      return { x, y: value, low, high };
    }),
  };
}

/** Learning curves of several networks with bands over their seeds. `what` is the metric's, as in "validation error". */
export async function seedCurves(
  networks: readonly SeedCurves[],
  metric: Pick<Metric, "name" | "title" | "unit" | "better">,
  along: "epoch" | "step",
): Promise<string> {
  const series = networks.map(meanCurve);
  const [name, y] = [`validation ${metric.title ?? metric.name}`, `validation ${titleWithUnit(metric)}`];
  const picture = await lineChart(series, { title: findingOf(name, metric, series, along), x: along, y });
  return figure(picture, `Means over seeds of the ${name}, with their 95 % intervals, by ${along}.`);
}

/** Over epochs, or over steps where an epoch has several validations; on a logarithmic axis where no value is negative. */
async function curve<M extends string>(
  runs: readonly ReportedRun<M>[],
  { metric, split, caption, value }: Curve<M>,
): Promise<string> {
  const along = axisOf(runs);
  const series = runs.map(({ name, history }) => ({
    name: runs.length > 1 ? name : split,
    points: history.map((at) => ({ x: along.at(at), y: value(at) })),
  }));
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const log = values.every((y) => y >= 0) && values.some((y) => y > 0);
  const name = metric.title ?? metric.name;
  const title = findingOf(`${split} ${name}`, metric, series, along.name);
  const picture = await lineChart(series, { title, x: along.name, y: `${split} ${titleWithUnit(metric)}`, log });
  return figure(picture, `${sentence(split)} ${name}, ${caption}, by ${along.name}${log ? "; logarithmic axis" : ""}.`);
}

/** Steps where an epoch has several validations, else epochs. */
export function axisOf<M extends string>(runs: readonly ReportedRun<M>[]) {
  const bySteps = runs.some(({ history }) => history.some(({ epoch }, i) => epoch === history[i + 1]?.epoch));
  return bySteps
    ? { name: "step", at: ({ step }: { readonly step: number }) => step }
    : { name: "epoch", at: ({ epoch }: { readonly epoch: number }) => epoch };
}

interface Drawn {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What a metric's curves show: the best value of one run and where it is, or whose value at the end is best of several. */
function findingOf(
  what: string,
  { unit, better }: Pick<Metric, "unit" | "better">,
  series: readonly Drawn[],
  along: string,
): string {
  const usable = series.map(({ name, points }) => ({ name, points: points.filter(({ y }) => Number.isFinite(y)) }));
  const ended = usable.flatMap(({ name, points }) => (points.length > 0 ? [{ name, value: points.at(-1)!.y }] : []));
  if (ended.length === 0) return `${sentence(what)} was never finite`;
  const withUnit = unit === "" ? "" : ` (${unit})`;
  if (series.length > 1)
    return (better === "lower" ? lowestInWords : highestInWords)(`${what} at the end${withUnit}`, ended);
  const { points } = usable[0]!;
  const text = (y: number): string => scoreText({ unit }, y).replace("-", "−");
  const said = (y: number): string => `${text(y)}${unit === "" ? "" : ` ${unit}`}`;
  const [first, sign] = [points[0]!, better === "lower" ? 1 : -1];
  if (points.length === 1) return `${sentence(what)} is ${said(first.y)} after ${along} ${first.x}`;
  const best = points.reduce((a, b) => (sign * b.y < sign * a.y ? b : a));
  const end = points.at(-1)!;
  const later = best === end ? "" : `, ${said(end.y)} at the end`;
  return best === first
    ? `${sentence(what)} is best at the start: ${said(first.y)} at ${along} ${first.x}, ${said(end.y)} at the end`
    : `${sentence(what)} ${best.y < first.y ? "falls" : "rises"} from ${text(first.y)} to ${said(best.y)} at ${along} ${best.x}${later}`;
}

const sentence = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
