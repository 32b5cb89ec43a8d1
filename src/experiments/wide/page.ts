import { gainInWords } from "../../cost/verdict.ts";
import { count, wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { busyLine } from "../../measure/load.ts";
import { colourOf, intervalChart } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import type { WidePlan } from "./plan.ts";
import type { WideResults } from "./results.ts";

const ms = (seconds: number): string => (1000 * seconds).toPrecision(3);
const errors = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(", ");

/** Test errors of all arms on each data set. */
function errorRows({ arms }: WideResults): string[][] {
  return [
    ["data", "network", "rate", "test error %", "by seeds", "minus dense, 95 %", "one standard error", "verdict"],
    ...arms.map(({ data, arm, rate, mean, test, against }) => {
      const row = [data, arm, String(rate), mean.toFixed(2), errors(test)];
      if (!against) return [...row, "", "", ""];
      const { value, low, high } = against.difference;
      const range = Number.isFinite(low) ? `${low.toFixed(2)} to ${high.toFixed(2)}` : "one seed";
      const verdict = against.equal ? "no worse by more than that" : "worse";
      return [...row, `${value.toFixed(2)} (${range})`, against.standardError.toFixed(2), verdict];
    }),
  ];
}

/** Milliseconds of a call on each backend, phase and batch size. */
const timeRows = ({ times }: WideResults): string[][] => [
  ["backend", "phase", "batch", "gated ms, p50 / p95", "dense ms, p50 / p95", "gated is"],
  ...times.flatMap(({ backend: { name, instructionSet, threads }, timings }) =>
    timings.map(({ phase, batch, gated, dense, againstDense }) => [
      `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
      phase === "training" ? "training step" : "inference",
      String(batch),
      `${ms(gated.p50)} / ${ms(gated.p95)}`,
      `${ms(dense.p50)} / ${ms(dense.p95)}`,
      gainInWords(againstDense),
    ]),
  ),
];

const networks = ({ trunk, blocks, width, open }: WidePlan): string =>
  `784-${trunk}-${blocks * width}-10, rectifiers; the gated one computes ${open} of ${blocks} blocks of ${width} for each example`;

function notes({ plan, times }: WideResults): string[] {
  const { accounts } = times[0]!;
  const counted = (["training", "inference"] as const).map((phase) => {
    const { dense, done } = accounts[phase];
    return `${phase === "training" ? "a training step" : "inference"}: ${count(done)} of ${count(dense)}, ${(dense / done).toFixed(1)} times fewer`;
  });
  return [
    `${networks(plan)}. The gater is one affine map of the trunk's features. The blocks with the largest scores are open, each weighted by its softmax. Biases, which only take part in this choice, balance the blocks.`,
    `Multiply-adds of the gated network for an example, of those with every block computed. ${counted.join("; ")}.`,
    `All: ${plan.epochs} ${plan.epochs === 1 ? "epoch" : "epochs"} (or twice as many where it says so) in batches of ${plan.batch}, momentum 0.9, a cosine schedule to 0, rates from ${plan.rates.join(", ")} by validation error on the first ${count(plan.chosenOn)} training examples; the test set is read once, at the epoch of the lowest validation error.`,
    "Times are those of the trained networks; p50 and p95 are over all calls, ratios within rounds, their range that of the median's interval.",
    ...times.flatMap(({ backend: { name }, timings }) => {
      const busy = busyLine(timings.flatMap(({ others }) => others));
      return busy === undefined ? [] : [`${name}: ${busy}`];
    }),
  ];
}

/** The results for a terminal. */
export function wideText(results: WideResults, bold: (text: string) => string, columns: number): string {
  const errors = { right: [2, 3], optional: [4, 6, 2], wrapped: 7 };
  const times = { right: [2, 3, 4], optional: [4, 3] };
  return [
    shownTable(errorRows(results), { columns, bold, ...errors }),
    // What a backend is made of stands in the first line of the run.
    shownTable(
      timeRows(results).map(([backend = "", ...cells]) => [backend.replace(/ \(.*/, ""), ...cells]),
      { columns, bold, ...times },
    ),
    notes(results)
      .map((note) => wrap(note, columns))
      .join("\n"),
  ].join("\n\n");
}

/** The same in Markdown, for a page of documentation. */
export const wideMarkdown = (results: WideResults): string =>
  [markdownTable(errorRows(results), [2, 3]), markdownTable(timeRows(results), [2, 3, 4]), ...notes(results)].join(
    "\n\n",
  );

/** The same as a page, with a picture. */
export async function widePage(results: WideResults, how: readonly (readonly [string, string])[]): Promise<string> {
  const ratios = results.times.flatMap(({ backend: { name }, timings }, i) =>
    timings.map(({ phase, batch, againstDense }) => ({
      name: `${name}, ${phase}, batch ${batch}`,
      ...againstDense,
      colour: colourOf(i),
    })),
  );
  const picture = await intervalChart(ratios, {
    title: gainsInWords(ratios),
    x: "times as fast as the dense network of the same width",
  });
  return page({
    title: "A wide network of gated blocks",
    question:
      "Does skipping win end to end: fewer milliseconds than a dense network of the same width, at the same test error?",
    caveats: notes(results),
    sections: [
      { title: "Test errors", html: htmlTable(errorRows(results)) },
      {
        title: "Times",
        html:
          figure(
            picture,
            "Each dot is the median over rounds of the ratio within a round, the line its interval; 1 is no gain.",
          ) + htmlTable(timeRows(results)),
      },
    ],
    made: how,
  });
}

/** The finding of the picture of times. */
function gainsInWords(ratios: readonly { readonly name: string; readonly value: number }[]): string {
  const [least, most] = [ratios.map(({ value }) => value)].map((all) => [Math.min(...all), Math.max(...all)])[0]!;
  const faster = ratios.filter(({ value }) => value > 1).length;
  return `The gated network is faster in ${faster} of ${ratios.length} settings: ${least!.toFixed(1)} to ${most!.toFixed(1)} times as fast as the dense one`;
}
