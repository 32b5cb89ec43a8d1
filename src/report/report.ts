import { readable } from "../describe/index.ts";
import type { Card } from "../estimators/index.ts";
import { type Head, type Metric, titleWithUnit } from "../models/head.ts";
import type { Readout } from "../models/model.ts";
import { colourOf, escapeXml, histogram, imageGrid, lineChart } from "../plots/index.ts";
import type { ClassMetric, EpochMetrics, GatesScore, TrainResult } from "../train/index.ts";
import type { Insides } from "./inspect.ts";
import { figure, page } from "./page.ts";

/** One training of those that a report compares. */
export interface ReportedRun<M extends string = ClassMetric> {
  /** Short, unique, for legends. */
  readonly name: string;
  readonly cards: readonly Card[];
  readonly config: unknown;
  readonly result: TrainResult<M>;
  readonly selectedEpoch: number;
  readonly history: readonly EpochMetrics<M>[];
  readonly insides: Insides | undefined;
}

export interface Report<M extends string = ClassMetric> {
  readonly title: string;
  /** What was asked, in a sentence or two. */
  readonly question: string;
  /** What these runs are and what they are not, a paragraph each. */
  readonly caveats: readonly string[];
  readonly runs: readonly ReportedRun<M>[];
  /** Whose metrics all runs were scored by. */
  readonly head: Scoring<M>;
  /** Shape of one example: images are shown where it has two axes. */
  readonly inputShape: readonly number[];
  /** How it was made: backend, machine, versions; name and value. */
  readonly made: readonly (readonly [string, string])[];
}

/** What a report asks of a head: its metrics, the one that selects, and how units are read. */
export type Scoring<M extends string> = Pick<Head<M>, "metrics" | "select" | "readouts">;

const PICTURES = `<p class="quiet">Pictures: incoming weights of the first layer's units, one image a unit, each scaled by its own largest weight; red is positive, blue negative, white zero.
Histograms: how many units are how active, on the validation set.</p>`;

/** A page that stands alone: no scripts, no files beside it, light and dark. */
export async function report<M extends string>(given: Report<M>): Promise<string> {
  const { title, question, caveats, runs, head, inputShape, made } = given;
  const cards = await Promise.all(runs.map((run, i) => card(run, i, inputShape)));
  const configs = runs.map(
    ({ name, config }) =>
      `<details><summary>${escapeXml(name)}</summary><pre>${escapeXml(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  return page({
    title,
    question,
    caveats,
    sections: [
      { title: "Results", html: results(runs, head) },
      { title: "Learning curves", html: (await learningCurves(runs, head)).join("\n") },
      ...(cards.every((text) => text === "")
        ? []
        : [
            {
              title: runs.length > 1 ? "The methods" : "The method",
              html: `${runs.some(({ insides }) => insides) ? PICTURES : ""}
<div class="cards">${cards.join("\n")}</div>`,
            },
          ]),
    ],
    made,
    after: `<p class="quiet">Each configuration is what <code>heaviside train --config</code> reads.</p>\n${configs.join("\n")}`,
  });
}

/** The metric that selects the epoch, and the one that is minimised in training, which may be the same. */
function chief<M extends string>({ metrics, select }: Scoring<M>): { selects: Metric<M>; minimised: Metric<M> } {
  const selects = metrics.find(({ name }) => name === select.metric)!;
  return { selects, minimised: metrics.find(({ isLoss }) => isLoss) ?? selects };
}

/** The tables of results, and what their columns mean. */
function results<M extends string>(runs: readonly ReportedRun<M>[], head: Scoring<M>): string {
  const { selects } = chief(head);
  const gated = runs.filter(({ result }) => result.test.deterministic.gates);
  const units = head.metrics.map((metric) => `${titleWithUnit(metric)}: ${metric.better} is better.`);
  return `<div class="scroll">${table(runs, head)}</div>${
    gated.length === 0
      ? ""
      : `
<div class="scroll">${gatesTable(gated)}</div>
<p class="quiet">Gates: the share of them that was not exactly 0, and those that were 0 for every example. In the deterministic readout a gate
opens above the threshold that was fitted to training examples; in the stochastic one it samples as in training.</p>`
  }
<p class="quiet">For the epoch with the ${selects.better === "lower" ? "lowest" : "highest"} validation ${escapeXml(selects.title ?? selects.name)}. ${escapeXml(units.join(" "))}
Stochastic readout: the units sample as in training. Deterministic readout: they output their mean, or omit the noise. The test set chose nothing.</p>`;
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
      .filter((metric) => metric !== selects && metric !== minimised)
      .map((m) => curve(runs, onValidation(m))),
  ]);
}

interface Curve<M extends string> {
  readonly metric: Metric<M>;
  readonly split: "training" | "validation";
  readonly caption: string;
  readonly value: (epoch: EpochMetrics<M>) => number;
}

/** Over epochs, or over steps where an epoch has several validations; on a logarithmic axis where all values are positive. */
async function curve<M extends string>(
  runs: readonly ReportedRun<M>[],
  { metric, split, caption, value }: Curve<M>,
): Promise<string> {
  const bySteps = runs.some(({ history }) => history.some(({ epoch }, i) => epoch === history[i + 1]?.epoch));
  const series = runs.map(({ name, history }) => ({
    name,
    points: history.map((at) => ({ x: bySteps ? at.step : at.epoch, y: value(at) })),
  }));
  const log = series.every(({ points }) => points.every(({ y }) => y > 0));
  const title = `${split} ${titleWithUnit(metric)}`;
  const x = bySteps ? "step" : "epoch";
  const picture = await lineChart(series, { title, x, y: title, log, width: 860, height: 420 });
  const name = metric.title ?? metric.name;
  return figure(picture, `${sentence(split)} ${name}, ${caption}, by ${x}${log ? "; logarithmic axis" : ""}.`);
}

const sentence = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

function table<M extends string>(runs: readonly ReportedRun<M>[], head: Scoring<M>): string {
  const { selects, minimised } = chief(head);
  const { readout } = head.select;
  type Run = ReportedRun<M>;
  const digitsOf = ({ unit }: Metric): number => (unit === "%" ? 2 : 4);
  const column = (of: string, metric: Metric<M>, how: Readout | "", value: (run: Run) => number) => ({
    head: `${of} ${escapeXml(titleWithUnit(metric))}${how && `<br>${how}`}`,
    ...{ value, digits: digitsOf(metric) },
  });
  const other = readout === "deterministic" ? "stochastic" : "deterministic";
  const read = [readout, ...(head.readouts && !head.readouts.includes(other) ? [] : ([other] as const))];
  const columns = [
    column("training", minimised, "", ({ result }) => result.train[minimised.name]),
    column("validation", selects, readout, ({ result }) => result.valid[selects.name]),
    ...read.map((how) => column("test", selects, how, ({ result }) => result.test[how][selects.name])),
    ...head.metrics
      .filter((metric) => metric !== selects && metric !== minimised)
      .map((metric) => column("test", metric, readout, ({ result }) => result.test[readout][metric.name])),
    { head: "selected<br>epoch", value: ({ selectedEpoch }: Run) => selectedEpoch, digits: 0 },
    { head: "examples/s", value: ({ result }: Run) => result.examplesPerSecond, digits: 0 },
    { head: "seconds", value: ({ result }: Run) => result.seconds, digits: 1 },
  ];
  const rows = runs.map((run, i) => {
    const cells = columns.map(({ value, digits }) => {
      const number = value(run);
      const text = Number.isFinite(number)
        ? number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
        : "–";
      return `<td>${text}</td>`;
    });
    return `<tr><td><span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(run.name)}</td>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr><th></th>${columns.map(({ head }) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** How many gates are open: a row for each layer of gates. */
function gatesTable<M extends string>(runs: readonly ReportedRun<M>[]): string {
  const heads = [
    "layer of gates",
    "validation %<br>deterministic",
    "test %<br>deterministic",
    "test %<br>stochastic",
    "dead<br>deterministic",
    "dead<br>stochastic",
  ];
  const share = (scores: readonly GatesScore[] | undefined, layer: number): string =>
    ((scores?.[layer]?.open ?? Number.NaN) * 100).toFixed(2);
  const rows = runs.flatMap(({ name, result: { valid, test } }) =>
    test.deterministic.gates!.map((off, layer) => {
      const on = test.stochastic.gates![layer]!;
      const cells = [
        share(valid.gates, layer),
        share(test.deterministic.gates, layer),
        share(test.stochastic.gates, layer),
        String(off.dead ?? ""),
        String(on.dead ?? ""),
      ];
      return `<tr><td>${escapeXml(name)}, ${layer + 1}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    }),
  );
  return `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

async function card<M extends string>(
  { name, cards, insides }: ReportedRun<M>,
  i: number,
  inputShape: readonly number[],
): Promise<string> {
  if (cards.length === 0 && !insides) return "";
  const [height, width] = inputShape;
  const about = cards.map(
    (c) => `<p>${escapeXml(c.summary)}</p>
<p class="formula">∂L/∂a ${c.family === "deterministic" ? "=" : "≈"} ${escapeXml(readable(c.formula))}</p>
<p class="quiet">${standing(c)}; ${linked(c.source)}</p>`,
  );
  const weights =
    insides && insides.weights.length > 0 && inputShape.length === 2
      ? `<figure class="weights">${await imageGrid(insides.weights, {
          title: `First-layer weights, ${name}`,
          width: width!,
          height: height!,
          columns: 8,
          scale: 1.9,
        })}</figure>`
      : "";
  const activity = insides
    ? `<figure>${await histogram(insides.activity, {
        title: `${insides.measure} of the units, ${name}`,
        x: `${insides.measure} of a unit`,
        y: "units",
        width: 420,
        height: 170,
        colour: colourOf(i),
        ...((insides.measure === "firing rate" || insides.activity.every((v) => v >= 0 && v <= 1)) && {
          domain: [0, 1] as const,
        }),
      })}</figure>`
    : "";
  return `<section class="card"><h3><span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(cards.map((c) => c.title).join(", ") || name)}</h3>
${about.join("\n")}${weights}${activity}</section>`;
}

/** Whether the mean of what it computes is the gradient of the expected loss. */
const standing = ({ family, unbiased }: Card): string =>
  family === "deterministic" || family === "exact" ? "Exact" : unbiased ? "Unbiased" : "Biased";

/** Text with its addresses as links. */
const linked = (source: string): string =>
  escapeXml(source).replace(/https?:\/\/[^\s;,]+/g, (address) => `<a href="${address}">${address}</a>`);
