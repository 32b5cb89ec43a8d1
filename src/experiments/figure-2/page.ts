import { escapeXml, intervalChart } from "../../plots/index.ts";
import { figure, htmlTable, lowestInWords, page } from "../../report/index.ts";
import type { Results, RowResult, Spread } from "./results.ts";
import { claimsInWords, difference, inBrief, table } from "./words.ts";

/** The table beside the paper's, what each claim's differences are, and pictures, as one page. */
export async function figure2Page(results: Results, made: readonly (readonly [string, string])[]): Promise<string> {
  const { rows, claims, plan } = results;
  const said = claimsInWords(results);
  const titles = new Map(rows.map(({ row, title }) => [row, title]));
  return page({
    title: "Figure 2 of Bengio, Léonard and Courville 2013, with seeds",
    question: inBrief(results),
    caveats: [
      `The paper reports the single run of best validation for each row, without seeds; the binomial standard error of one test error is 0.13 points. Here every row is trained from ${plan.seeds} seeds for ${plan.epochs} epochs on ${plan.limit === undefined ? "all training examples" : `the first ${plan.limit.toLocaleString("en-US")} training examples`}; epoch${plan.tuningEpochs > 0 ? ` and setting (of ${Math.max(...rows.map(({ tried }) => tried.length))}, by a run of ${plan.tuningEpochs} ${plan.tuningEpochs === 1 ? "epoch" : "epochs"} with a seed that no result is from)` : ""} are chosen on the validation set. The test set is read once for each training, for its selected epoch.`,
      "Valid and test: deterministic readout, gates open where they pass a threshold that was fitted on training examples so that a tenth of them is. Sampled: gates drawn as in training. Rows with the same seed see the same batches, and are compared seed by seed.",
    ],
    sections: [
      {
        title: "The table",
        html: [
          htmlTable(table(rows).cells),
          `<p class="quiet">Mean ± standard deviation over the seeds (of the training NLL the geometric mean). Sampled %: test error of sampled gates. On %: gates open on the test set, sampled and in the deterministic readout.</p>`,
          await errors(
            rows,
            "test error (%)",
            ({ test }) => test,
            ({ published }) => published?.test,
          ),
          await errors(
            rows,
            "validation error (%)",
            ({ valid }) => valid,
            ({ published }) => published?.valid,
          ),
        ].join("\n"),
      },
      ...(said.length === 0
        ? []
        : [
            {
              title: "The paper's claims",
              html: [
                ...said.map((text) => `<p>${escapeXml(text)}</p>`),
                htmlTable([
                  ["claim", "row", "−", "measure", "difference, with 95 % interval"],
                  ...claims.flatMap(({ comparisons, differences, seeds }, i) =>
                    seeds < 2
                      ? []
                      : comparisons.map(({ row, against, measure }, c) => [
                          String(i + 1),
                          titles.get(row) ?? row,
                          typeof against === "number" ? String(against) : (titles.get(against) ?? against),
                          measure,
                          difference(differences[c]!),
                        ]),
                  ),
                ]),
                `<p class="quiet">Paired t-tests over the seeds. A claim of several comparisons is supported by its worst p-value and contradicted by its best one for the opposite, times their number; then Holm's correction for all claims together. The intervals are not corrected. Undecided: these seeds can't tell, which is not "no difference".</p>`,
              ].join("\n"),
            },
          ]),
      {
        title: "Settings",
        html: settingsTable(rows),
      },
    ],
    made,
  });
}

const settingsTable = (rows: readonly RowResult[]): string =>
  htmlTable([
    [
      "gates",
      "chosen",
      "validation error % of each",
      "multiply-adds of an example",
      "of open gates alone",
      "seconds an epoch",
    ],
    ...rows.map(({ title, setting, tried, multiplyAdds, secondsPerEpoch }) => [
      title,
      setting.label,
      tried.map(({ label, valid }) => `${label}: ${valid.toFixed(2)}`).join("; "),
      multiplyAdds.dense.toLocaleString("en-US"),
      Math.round(multiplyAdds.done).toLocaleString("en-US"),
      secondsPerEpoch.toFixed(1),
    ]),
  ]);

const errors = async (
  rows: readonly RowResult[],
  x: string,
  of: (row: RowResult) => Spread,
  reference: (row: RowResult) => number | undefined,
): Promise<string> =>
  figure(
    await intervalChart(
      rows.map((row) => ({ name: row.title, ...of(row), points: of(row).values, reference: reference(row) })),
      {
        title: lowestInWords(
          x,
          rows.map((row) => ({ name: row.title, value: of(row).value })),
        ),
        x,
      },
    ),
    `Each row's ${x.replace(" (%)", "")}: mean with its 95 % interval over the seeds, the seeds as circles, and the paper's value as a diamond; logarithmic axis.`,
  );
