import { wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { lineChart } from "../../plots/index.ts";
import { figure, htmlTable, lowestInWords, page } from "../../report/index.ts";
import { nameOf, times, verdicts } from "../orderings.ts";
import { type ToyOptions, type ToyRun, toys } from "./toy.ts";

/** What one estimator did on one toy. */
export interface ToyResult extends ToyRun {
  readonly label: string;
  readonly config: object;
  readonly units: number;
  readonly target: number;
}

export interface ToyResults {
  readonly settings: ToyOptions;
  readonly results: readonly ToyResult[];
}

export const question = "Which estimators find the signal of a bit whose two values are almost equally good?";

/** All tables, for a terminal. */
export function toysText({ settings, results }: ToyResults, bold: (text: string) => string, columns: number): string {
  const aligned = (rows: readonly (readonly string[])[], optional: readonly number[]): string =>
    shownTable(rows, { columns, bold: (head) => head, right: [1, 2, 3, 4, 5, 6, 7, 8], optional, wrapped: 0 });
  return [
    ...toys.units.map(
      (units) => `${bold(wrap(titleOf(units), columns))}\n${aligned(tableOf(results, units), VARIANCES)}`,
    ),
    notes(settings)
      .map((note) => wrap(note, columns))
      .join("\n"),
    aligned(orderTable(results), []),
  ].join("\n\n");
}

/** The columns of a table that are dropped where there is no room. */
const VARIANCES = [8, 7, 6, 5];

/** The same in Markdown, for a page of documentation. */
export const toysMarkdown = ({ results }: ToyResults): string =>
  [...toys.units.map((units) => tableOf(results, units)), orderTable(results)]
    .map((rows) => markdownTable(rows))
    .join("\n\n");

const titleOf = (units: number): string =>
  `${units} ${units === 1 ? "bit" : "bits"}: E[f] after the last step, and the gradient's variance at logits 0`;

function tableOf(results: readonly ToyResult[], units: number): string[][] {
  const here = results.filter((result) => result.units === units);
  const labels = [...new Set(here.map(({ label }) => label))];
  const of = (label: string, target: number) =>
    here.find((result) => result.label === label && result.target === target)!;
  return [
    ["estimator", ...toys.targets.map((t) => `t = ${t}`), ...toys.targets.map((t) => `variance, ${t}`)],
    [
      "the best",
      ...toys.targets.map((t) => Math.min(t, 1 - t) ** 2).map((loss) => loss.toFixed(6)),
      ...toys.targets.map(() => ""),
    ],
    ...labels.map((label) => [
      label,
      ...toys.targets.map((t) => of(label, t).points.at(-1)!.loss.toFixed(6)),
      ...toys.targets.map((t) => of(label, t).settled.variance.toExponential(2)),
    ]),
  ];
}

const notes = ({ steps, repeats, rate, estimates, settling }: ToyOptions): string[] => [
  `f(b) = 1/D Σ (bᵢ − t)²: the mean over the bits. Adam with rate ${rate}, ${steps} steps of one sample, means of ${repeats} trainings.`,
  `Variance: of one estimate of a bit's gradient, mean over the bits, from ${estimates} estimates, at logits 0 after ${settling} steps there without learning, in which averages and learned control variates settle.`,
];

/** The orders that papers report, where all estimators stand at the same logits. */
function orderTable(results: readonly ToyResult[]): string[][] {
  return [
    ["reported order of variances", "bits", "t", "here", "times"],
    ...toys.units.flatMap((units) =>
      toys.targets.flatMap((target) =>
        verdicts(
          results
            .filter((result) => result.units === units && result.target === target)
            .map(({ config, settled }) => ({ config, at: settled })),
        ).map(({ lower, higher, verdict, ratio }) => [
          `${nameOf(lower)} below ${nameOf(higher)}`,
          String(units),
          String(target),
          verdict,
          times(ratio),
        ]),
      ),
    ),
  ];
}

/** Tables and curves as one page. */
export async function toysPage(
  { results, settings }: ToyResults,
  how: readonly (readonly [string, string])[],
): Promise<string> {
  const chart = (units: number, target: number, what: "loss" | "variance") =>
    lineChart(
      results
        .filter((result) => result.units === units && result.target === target)
        .map(({ label, points }) => ({ name: label, points: points.map((p) => ({ x: p.step, y: p[what] })) })),
      {
        title: lowestInWords(
          `${what === "loss" ? "E[f]" : "gradient variance"} after the last step, ${units === 1 ? "1 bit" : `${units} bits`}, t = ${target}`,
          results
            .filter((result) => result.units === units && result.target === target)
            .map(({ label, points }) => ({ name: label, value: points.at(-1)![what] })),
        ),
        x: "training step",
        y: what === "loss" ? "E[f]" : "gradient variance",
        log: what === "variance",
      },
    );
  const sections = await Promise.all(
    toys.units.map(async (units) => ({
      title: titleOf(units),
      html: [
        htmlTable(tableOf(results, units)),
        ...(await Promise.all(
          toys.targets.map(
            async (t) =>
              figure(await chart(units, t, "loss"), `E[f], exactly, at the logits; ${units} bits, t = ${t}.`) +
              figure(
                await chart(units, t, "variance"),
                `Variance of one estimate along each estimator's own training; ${units} bits, t = ${t}; logarithmic axis.`,
              ),
          ),
        )),
      ].join("\n"),
    })),
  );
  return page({
    title: "Toys: minimise E[(b − t)²]",
    question,
    caveats: notes(settings),
    sections: [...sections, { title: "Orders that papers report, at logits 0", html: htmlTable(orderTable(results)) }],
    made: how,
  });
}
