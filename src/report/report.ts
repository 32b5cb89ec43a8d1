import { readable } from "../describe/index.ts";
import type { Card } from "../estimators/index.ts";
import { colourOf, escapeXml, histogram, imageGrid, lineChart } from "../plots/index.ts";
import type { EpochMetrics, GatesScore, TrainResult } from "../train/index.ts";
import type { Insides } from "./inspect.ts";
import { figure, page } from "./page.ts";

/** One training of those that a report compares. */
export interface ReportedRun {
  /** Short, unique, for legends. */
  readonly name: string;
  readonly cards: readonly Card[];
  readonly config: unknown;
  readonly result: TrainResult;
  readonly selectedEpoch: number;
  readonly history: readonly EpochMetrics[];
  readonly insides: Insides | undefined;
}

export interface Report {
  readonly title: string;
  /** What was asked, in a sentence or two. */
  readonly question: string;
  /** What these runs are and what they are not, a paragraph each. */
  readonly caveats: readonly string[];
  readonly runs: readonly ReportedRun[];
  /** Shape of one example: images are shown where it has two axes. */
  readonly inputShape: readonly number[];
  /** How it was made: backend, machine, versions; name and value. */
  readonly made: readonly (readonly [string, string])[];
}

/** A page that stands alone: no scripts, no files beside it, light and dark. */
export async function report({ title, question, caveats, runs, inputShape, made }: Report): Promise<string> {
  const cards = await Promise.all(runs.map((run, i) => card(run, i, inputShape)));
  const configs = runs.map(
    ({ name, config }) =>
      `<details><summary>${escapeXml(name)}</summary><pre>${escapeXml(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  const gated = runs.filter(({ result }) => result.test.deterministic.gates);
  const results = `<div class="scroll">${table(runs)}</div>${
    gated.length === 0
      ? ""
      : `
<div class="scroll">${gatesTable(gated)}</div>
<p class="quiet">Gates: the share of them that was not exactly 0, and those that were 0 for every example. With the noise off a gate opens
above the threshold that was fitted to training examples; with the noise on it samples as in training.</p>`
  }
<p class="quiet">For the epoch with the lowest validation error. NLL: mean negative log-likelihood in nats. Errors in per cent.
Stochastic readout: the units sample as in training. Deterministic readout: they send their mean, or leave the noise out. The test set chose nothing.</p>`;
  const validation = await curves(runs, "validation error (%)", ({ valid }) => valid.deterministic.error);
  const training = await curves(runs, "training NLL (nats)", ({ train }) => train.nll);
  return page({
    title,
    question,
    caveats,
    sections: [
      { title: "Results", html: results },
      {
        title: "Learning curves",
        html: [
          figure(validation, "Validation error with the deterministic readout, after each epoch; logarithmic axis."),
          figure(training, "Training NLL, mean over the epoch's steps with the units' noise; logarithmic axis."),
        ].join("\n"),
      },
      {
        title: runs.length > 1 ? "The methods" : "The method",
        html: `<p class="quiet">Pictures: incoming weights of hidden units, one image a unit, each scaled by its own largest weight; red is positive, blue negative, white zero.
Histograms: how many hidden units are how active, on the validation set.</p>
<div class="cards">${cards.join("\n")}</div>`,
      },
    ],
    made,
    after: `<p class="quiet">Each configuration is what <code>heaviside train --config</code> reads.</p>\n${configs.join("\n")}`,
  });
}

const curves = (runs: readonly ReportedRun[], y: string, value: (epoch: EpochMetrics) => number): Promise<string> =>
  lineChart(
    runs.map(({ name, history }) => ({ name, points: history.map((epoch) => ({ x: epoch.epoch, y: value(epoch) })) })),
    { title: y, x: "epoch", y, log: true, width: 860, height: 420 },
  );

function table(runs: readonly ReportedRun[]): string {
  const columns = [
    { head: "training<br>NLL", value: ({ result }: ReportedRun) => result.train.nll, digits: 4 },
    { head: "validation %<br>deterministic", value: ({ result }: ReportedRun) => result.valid.error, digits: 2 },
    { head: "test %<br>deterministic", value: ({ result }: ReportedRun) => result.test.deterministic.error, digits: 2 },
    { head: "test %<br>stochastic", value: ({ result }: ReportedRun) => result.test.stochastic.error, digits: 2 },
    { head: "selected<br>epoch", value: ({ selectedEpoch }: ReportedRun) => selectedEpoch, digits: 0 },
    { head: "examples/s", value: ({ result }: ReportedRun) => result.examplesPerSecond, digits: 0 },
    { head: "seconds", value: ({ result }: ReportedRun) => result.seconds, digits: 1 },
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
function gatesTable(runs: readonly ReportedRun[]): string {
  const heads = [
    "layer of gates",
    "validation %<br>noise off",
    "test %<br>noise off",
    "test %<br>noise on",
    "dead<br>noise off",
    "dead<br>noise on",
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

async function card({ name, cards, insides }: ReportedRun, i: number, inputShape: readonly number[]): Promise<string> {
  const [height, width] = inputShape;
  const about = cards.map(
    (c) => `<p>${escapeXml(c.summary)}</p>
<p class="formula">∂L/∂a ${c.family === "deterministic" ? "=" : "≈"} ${escapeXml(readable(c.formula))}</p>
<p class="quiet">${standing(c)}; ${linked(c.source)}</p>`,
  );
  const weights =
    insides && inputShape.length === 2
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
        title: `${insides.measure} of the hidden units, ${name}`,
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
