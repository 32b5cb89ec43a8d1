import { type Choice, type Figure, isUnbiased, type MeasuredRow, type Measurement } from "../measure/index.ts";
import { colourOf, escapeXml, intervalChart, lineChart, plane } from "../plots/index.ts";
import { lowestInWords } from "./findings.ts";
import { figure, page, type Section } from "./page.ts";

/** What was measured, at one step of a training or several. */
export interface MeasurementReport {
  /** The heading of the page. */
  readonly title: string;
  /** What was measured; `at` is the training step of each. */
  readonly points: readonly (Measurement & { readonly at: number })[];
  /** What --choose found, one for each point. */
  readonly choices?: readonly Choice[] | undefined;
  /** What the marks and columns mean, a paragraph each. */
  readonly notes: readonly string[];
  /** The table of a point as the command line prints it. */
  readonly table: (rows: readonly MeasuredRow[]) => string;
  /** How it was made: backend, machine, versions; name and value. */
  readonly made: readonly (readonly [string, string])[];
}

/** The page that `heaviside measure --out` leaves. */
export async function measurementReport(given: MeasurementReport): Promise<string> {
  const { title, points, notes, made } = given;
  const names = [...new Set(points.flatMap(({ rows }) => rows.map(({ estimator }) => estimator)))];
  return page({
    title,
    question:
      "Which gradient estimator, and what does it cost? ĝ is an estimate of the gradient g of the expected loss with respect to the layer's pre-activations, on one batch.",
    caveats: notes,
    sections: [
      ...(points.length > 1 ? [await along(points, names)] : []),
      ...(await Promise.all(points.map((_, i) => at(given, i)))),
    ],
    made,
  });
}

/** One colour for unbiased estimators, another for biased ones. */
const colour = (row: MeasuredRow): string => colourOf(isUnbiased(row) ? 0 : 1);

async function at({ points, choices, table }: MeasurementReport, i: number): Promise<Section> {
  const { rows, at: step, problem } = points[i]!;
  const choice = choices?.[i];
  const ranking = await intervalChart(
    [...rows]
      .sort((a, b) => a.cost.value - b.cost.value)
      .map((row) => ({ name: marked(row), ...milliseconds(row.cost), colour: colour(row) })),
    { title: cheapestInWords(rows), x: "relative variance × milliseconds of a training step" },
  );
  const errors = await plane(
    rows.map((row) => ({
      name: row.estimator,
      x: row.residual,
      y: row.relativeVariance,
      atMost: !(row.residual.low > 0),
      colour: colour(row),
    })),
    { title: biasInWords(rows), x: "bias at the best scale / ‖g‖", y: "variance of one estimate / ‖g‖²" },
  );
  return {
    title: points.length > 1 ? `After ${step.toLocaleString("en-US")} steps` : "Figures",
    html: `<p class="quiet">${escapeXml(`${problem.name}; ${problem.examples} examples, ${problem.units} units.`)}</p>
${choice ? `<p>${escapeXml(chosen(choice))}</p>` : ""}
<pre>${escapeXml(table(rows))}</pre>
${figure(ranking, "Milliseconds of steps to average until the estimate has as much noise as signal, at its best scale: less is better. ◦ and orange: a biased estimator, whose bias no averaging removes. A hollow dot at 0: no variance at all.")}
${figure(errors, "Blue: unbiased; orange: biased. Hollow with an arrow: no bias was found, it is at most this. Lines are 95 % confidence intervals. Down and to the left is better.")}`,
  };
}

/** Which unbiased estimator, and which biased one, takes the least time for its noise. */
function cheapestInWords(rows: readonly MeasuredRow[]): string {
  const least = (those: readonly MeasuredRow[]): string | undefined =>
    [...those].sort((a, b) => a.cost.value - b.cost.value)[0]?.estimator;
  const [unbiased, biased] = [least(rows.filter(isUnbiased)), least(rows.filter((row) => !isUnbiased(row)))];
  if (unbiased === undefined) return `${biased} has the lowest variance × time; all are biased`;
  return `${unbiased} has the lowest variance × time of the unbiased estimators${biased === undefined ? "" : `, ${biased} of the biased`}`;
}

/** How many estimators have a bias that was found. */
function biasInWords(rows: readonly MeasuredRow[]): string {
  const found = rows.filter(({ residual }) => residual.low > 0).length;
  return `${found} of ${rows.length} estimators have a bias at their best scale; of the others it is at most what is shown`;
}

const marked = (row: MeasuredRow): string => `${row.estimator}${isUnbiased(row) ? "" : "\u00a0◦"}`;
const milliseconds = ({ value, low, high }: Figure): Figure => ({
  value: 1000 * value,
  low: 1000 * low,
  high: 1000 * high,
});

async function along(points: MeasurementReport["points"], names: readonly string[]): Promise<Section> {
  const picture = (what: string, y: string, of: (row: MeasuredRow) => number): Promise<string> =>
    lineChart(
      names.map((name) => ({
        name,
        points: points.flatMap(({ at, rows }) =>
          rows.filter(({ estimator }) => estimator === name).map((row) => ({ x: at, y: of(row) })),
        ),
      })),
      {
        title: lowestInWords(
          what,
          points.at(-1)!.rows.map((row) => ({ name: row.estimator, value: of(row) })),
        ),
        ...{ x: "training steps", y, log: true },
      },
    );
  const variance = await picture("variance at the last step", "variance / ‖g‖²", (row) => row.relativeVariance.value);
  const bias = await picture("bias at the last step", "bias at the best scale / ‖g‖", (row) =>
    row.residual.low > 0 ? row.residual.value : Number.NaN,
  );
  return {
    title: "Along the training",
    html: `${figure(variance, "Variance of one estimate as a share of the squared gradient, which shrinks as the network learns.")}
${figure(bias, "Estimators whose bias cannot be distinguished from 0 are omitted.")}`,
  };
}

const chosen = ({ chosen, tied, budget }: Choice): string =>
  chosen === undefined
    ? `No choice at ${budget.value} ${budget.unit}: the intervals of ${tied.join(", ")} overlap.`
    : `Recommended at ${budget.value} ${budget.unit}: ${chosen}.`;
