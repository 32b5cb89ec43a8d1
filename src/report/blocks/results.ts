import { type Metric, titleWithUnit } from "../../models/head.ts";
import type { Readout } from "../../models/model.ts";
import { colourOf, escapeXml } from "../../plots/index.ts";
import type { GatesScore } from "../../train/index.ts";
import type { ReportedRun } from "../report.ts";
import { fixed, scoreText } from "../score-text.ts";
import { chief, type Scoring } from "../scoring.ts";
import type { Block } from "./block.ts";

/** The scores. */
export const results: Block = {
  name: "results",
  title: "Results",
  reads:
    "A row for each score, or with several runs a row for each run: the metrics of the selected epoch on each split, in both readouts, and the shares of open gates.",
  draw: async ({ runs, head }) => [{ title: "Results", html: tables(runs, head) }],
};

/** The tables of results, and what their columns mean. */
function tables<M extends string>(runs: readonly ReportedRun<M>[], head: Scoring<M>): string {
  const { selects } = chief(head);
  const gated = runs.filter(({ result }) => result.test.deterministic.gates);
  const units = head.metrics.map((metric) => `${titleWithUnit(metric)}: ${metric.better} is better.`);
  return `<div class="scroll">${runs.length === 1 ? single(runs[0]!, head) : table(runs, head)}</div>${
    gated.length === 0
      ? ""
      : `
<div class="scroll">${gatesTable(gated, runs.length > 1)}</div>
<p class="quiet">Gates: the share of them that was not exactly 0, and how many of them never opened: those that were 0 for every example.
${openingInWords(gated)} In the stochastic readout gates open as in training.</p>`
  }
<p class="quiet">For the epoch with the ${selects.better === "lower" ? "lowest" : "highest"} validation ${escapeXml(selects.title ?? selects.name)}. ${escapeXml(units.join(" "))}
Stochastic readout: the units sample as in training. Deterministic readout: they output their mean, or omit the noise. The test set chose nothing.</p>`;
}

/** What the table of results says of a run: a column each. */
function columnsFor<M extends string>(head: Scoring<M>) {
  const { selects, minimised } = chief(head);
  const { readout } = head.select;
  type Run = ReportedRun<M>;
  const column = (of: string, metric: Metric<M>, how: Readout, value: (run: Run) => number) => ({
    head: [of, titleWithUnit(metric), how],
    label: `${of} ${titleWithUnit(metric)}, ${how}`,
    ...{ value, text: (score: number) => scoreText(metric, score) },
  });
  const other = readout === "deterministic" ? "stochastic" : "deterministic";
  const read = [readout, ...(head.readouts && !head.readouts.includes(other) ? [] : ([other] as const))];
  return [
    column("training", minimised, readout, ({ result }) => result.train[minimised.name]),
    column("validation", selects, readout, ({ result }) => result.valid[selects.name]),
    ...read.map((how) => column("test", selects, how, ({ result }) => result.test[how][selects.name])),
    ...head.metrics
      .filter((metric) => metric !== selects && metric !== minimised)
      .map((metric) => column("test", metric, readout, ({ result }) => result.test[readout][metric.name])),
    {
      head: ["selected", "epoch"],
      label: "selected epoch",
      value: ({ selectedEpoch }: Run) => selectedEpoch,
      text: (epoch: number) => fixed(epoch, 0),
    },
    {
      head: ["examples/s"],
      label: "examples/s",
      value: ({ result }: Run) => result.examplesPerSecond,
      text: (speed: number) => fixed(speed, 0),
    },
    {
      head: ["seconds"],
      label: "seconds",
      value: ({ result }: Run) => result.seconds,
      text: (seconds: number) => fixed(seconds, 1),
    },
  ];
}

/** A row a run. */
function table<M extends string>(runs: readonly ReportedRun<M>[], head: Scoring<M>): string {
  const columns = columnsFor(head);
  const rows = runs.map((run, i) => {
    const cells = columns.map(({ value, text }) => `<td>${text(value(run))}</td>`);
    return `<tr><td><span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(run.name)}</td>${cells.join("")}</tr>`;
  });
  const heads = columns.map(({ head }) => `<th>${head.map(escapeXml).join("<br>")}</th>`);
  return `<table><thead><tr><th></th>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** One run: a row a number, which a phone has room for. */
function single<M extends string>(run: ReportedRun<M>, head: Scoring<M>): string {
  const rows = columnsFor(head).map(
    ({ label, value, text }) => `<tr><td>${escapeXml(label)}</td><td>${text(value(run))}</td></tr>`,
  );
  return `<table><tbody>${rows.join("")}</tbody></table>`;
}

/** How gates open in the deterministic readout, in a sentence for each way that there is. */
const opening = {
  threshold: "In the deterministic readout a gate opens above a threshold that was fitted to training examples.",
  highest: "In the deterministic readout those gates open that have the highest scores; there is no threshold.",
  readout:
    "In the deterministic readout a gate opens where the mean that its estimator outputs isn't 0; there is no threshold.",
} as const;

function openingInWords<M extends string>(runs: readonly ReportedRun<M>[]): string {
  const layers = runs.flatMap(({ gates = [] }) => gates);
  const ways = [...new Set(layers.map(({ opens }) => opens))];
  if (ways.length < 2) return ways.map((way) => opening[way]).join("");
  const named = (way: (typeof ways)[number]): string =>
    [...new Set(layers.flatMap(({ name, opens }) => (opens === way ? [name] : [])))].join(", ");
  return ways.map((way) => escapeXml(`${named(way)}: ${opening[way]}`)).join(" ");
}

/** How many gates are open: a row for each layer of gates, with the name of its run where the page has several. */
function gatesTable<M extends string>(runs: readonly ReportedRun<M>[], several: boolean): string {
  const heads = [
    "layer of gates",
    "validation %<br>deterministic",
    "test %<br>deterministic",
    "test %<br>stochastic",
    "never open<br>deterministic",
    "never open<br>stochastic",
  ];
  const share = (scores: readonly GatesScore[] | undefined, layer: number): string =>
    ((scores?.[layer]?.open ?? Number.NaN) * 100).toFixed(2);
  const never = ({ dead }: GatesScore, of: number | undefined): string =>
    dead === undefined ? "" : of === undefined ? String(dead) : `${dead} of ${of}`;
  const rows = runs.flatMap(({ name, gates = [], result: { valid, test } }) =>
    test.deterministic.gates!.map((off, layer) => {
      const on = test.stochastic.gates![layer]!;
      const cells = [
        share(valid.gates, layer),
        share(test.deterministic.gates, layer),
        share(test.stochastic.gates, layer),
        never(off, gates[layer]?.gates),
        never(on, gates[layer]?.gates),
      ];
      const called = gates[layer]?.name ?? String(layer + 1);
      return `<tr><td>${escapeXml(several || !gates[layer] ? `${name}, ${called}` : called)}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    }),
  );
  return `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
