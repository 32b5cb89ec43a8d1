import type { Dataset } from "../../data/index.ts";
import { count, wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { imageGrid, lineChart } from "../../plots/index.ts";
import { figure, highestInWords, htmlTable, lowestInWords, page } from "../../report/index.ts";
import { nameOf, times, type Verdict, verdicts } from "../orderings.ts";
import { publishedElbo, publishedSource } from "./protocol.ts";
import type { AutoencoderResult, Settings } from "./study.ts";
import type { MeasuredVariance } from "./variance.ts";

export const question =
  "How well does each gradient estimator train a variational autoencoder with binary latents, and how much does its gradient vary?";

/** All results. */
export interface Finished {
  readonly settings: Settings;
  readonly data: Dataset;
  readonly results: readonly AutoencoderResult[];
  /** Test images, and what each estimator's decoder makes of them. */
  readonly shown: readonly { readonly name: string; readonly images: readonly Float32Array[] }[];
}

/** 1.23e-4 ± 2% */
export const withError = ({ variance, error }: Pick<MeasuredVariance, "variance" | "error">): string =>
  `${variance.toExponential(2)} ±${((100 * error) / variance).toFixed(0)}%`;

const last = <T>(values: readonly T[]): T => values[values.length - 1]!;

function rows({ settings: { data, network, layers }, results }: Finished): string[][] {
  const figures = results.map(({ config }) => publishedElbo(data, network, layers, config.name));
  const any = figures.some((figure) => figure !== undefined);
  return [
    [
      "estimator",
      "train ELBO",
      "test ELBO",
      "test bound",
      "variance, own",
      "variance, common",
      "steps/s",
      ...(any ? ["published"] : []),
    ],
    ...results.map(({ label, trainElbo, testElbo, testBound, variance, common, curve, seconds }, i) => [
      label,
      trainElbo.toFixed(2),
      testElbo.toFixed(2),
      testBound.toFixed(2),
      withError(last(variance)),
      withError(last(common)),
      count(last(curve).step / seconds),
      ...(any ? [figures[i]?.toFixed(2) ?? ""] : []),
    ]),
  ];
}

/** The published orders at the last common parameters, and at how many of all places each is seen. */
function orders(results: readonly AutoencoderResult[]): (Verdict & { seen: number; places: number })[] {
  const places = results[0]!.common.length;
  const at = (i: number) => verdicts(results.map(({ config, common }) => ({ config, at: common[i]! })));
  const all = Array.from({ length: places }, (_, i) => at(i));
  return last(all).map((verdict, i) => ({
    ...verdict,
    places,
    seen: all.filter((verdicts) => verdicts[i]!.verdict === "seen").length,
  }));
}

const orderRows = (results: readonly AutoencoderResult[]): string[][] => [
  ["reported order of variances", "here, at the end", "times", "seen at", "source"],
  ...orders(results).map(({ lower, higher, verdict, ratio, seen, places, source }) => [
    `${nameOf(lower)} below ${nameOf(higher)}`,
    verdict,
    times(ratio),
    `${seen} of ${places}`,
    source,
  ]),
];

const notes = ({ settings: { samples, steps, pairs, batch }, results }: Finished): string[] => [
  `ELBO: one sample an example, of the first training examples and of the test set, in nats; test bound: ${samples} samples.`,
  `Variance: of the gradient of a batch's mean loss (${batch} examples) with respect to the encoder's parameters, mean over the parameters, over the units' noise alone, from ${pairs} pairs of estimates; own: at the end of the estimator's own training; common: at the end of ${results[0]!.label}'s. Percentages are standard errors.`,
  `Published: ${publishedSource}. Ours: ${count(steps)} steps of ${batch} at one rate.`,
];

/** The results for a terminal. */
export function autoencoderText(finished: Finished, bold: (text: string) => string, columns: number): string {
  const right = [1, 2, 3, 4, 5, 6, 7];
  const orderings = orderRows(finished.results).map((cells) => cells.slice(0, -1));
  return [
    shownTable(rows(finished), { columns, bold, right, optional: [6, 4, 1], wrapped: 0 }),
    "",
    ...notes(finished).map((note) => wrap(note, columns)),
    ...(orderings.length > 1 ? ["", shownTable(orderings, { columns, bold, right: [2], wrapped: 0 })] : []),
  ].join("\n");
}

/** The same in Markdown, for a page of documentation. */
export const autoencoderMarkdown = (finished: Finished): string =>
  [
    markdownTable(rows(finished)),
    ...notes(finished),
    markdownTable(orderRows(finished.results).map((cells) => cells.slice(0, -1))),
  ].join("\n\n");

interface VarianceAt {
  readonly step: number;
  readonly variance: number;
}

interface ElboAt {
  readonly step: number;
  readonly elbo: number;
}

/** Each estimator's gradient variance, along its own training or at the same parameters for all. */
export const variancePicture = (
  results: readonly (Record<"variance" | "common", readonly VarianceAt[]> & { readonly label: string })[],
  which: "variance" | "common",
): Promise<string> =>
  lineChart(
    results.map((result) => ({
      name: result.label,
      points: result[which].map((at) => ({ x: at.step, y: at.variance })),
    })),
    {
      title: lowestInWords(
        "gradient variance at the end",
        results.map((result) => ({ name: result.label, value: last(result[which]).variance })),
      ),
      ...{ x: "training step", y: "gradient variance", log: true },
    },
  );

/** Each estimator's ELBO along its training. */
export const elboPicture = (
  results: readonly { readonly label: string; readonly curve: readonly ElboAt[] }[],
): Promise<string> =>
  lineChart(
    results.map(({ label, curve }) => ({ name: label, points: curve.map(({ step, elbo }) => ({ x: step, y: elbo })) })),
    {
      title: highestInWords(
        "training ELBO at the end",
        results.map(({ label, curve }) => ({ name: label, value: last(curve).elbo })),
      ),
      ...{ x: "training step", y: "training ELBO (nats)" },
    },
  );

/** The same as a page with pictures. */
export async function autoencoderPage(
  finished: Finished,
  made: readonly (readonly [string, string])[],
): Promise<string> {
  const { settings, data, results, shown } = finished;
  const { network, latents, layers, steps, batch, rate, priorRate, seed } = settings;
  const [height, width] = data.fields.x!.shape as [number, number];
  const grids = await Promise.all(
    shown.map(async ({ name, images }) =>
      figure(
        await imageGrid(images, { title: name, width, height, columns: images.length, scale: 2, colours: "gray" }),
        name,
      ),
    ),
  );
  return page({
    title: `Binary autoencoder on ${settings.data}, ${network}${layers === 1 ? "" : `, ${layers} layers`}: ${count(steps)} steps`,
    question,
    caveats: [
      `One seed, and ${count(steps)} steps where the literature takes a million or more: who is ahead here is ahead early.`,
      "The images are a fixed binary draw from the gray levels, not the files that papers share: figures can be distinguished from theirs by the step count above all.",
    ],
    sections: [
      {
        title: "Results",
        html: `${htmlTable(rows(finished))}${notes(finished)
          .map((note) => `<p class="quiet">${note}</p>`)
          .join("")}`,
      },
      {
        title: "Orders that papers report",
        html: `${htmlTable(orderRows(results))}<p class="quiet">At the same parameters for all. Undecided: less than two standard errors of the difference apart. Times: the second's variance over the first's.</p>`,
      },
      {
        title: "Training",
        html: figure(
          await elboPicture(results),
          "ELBO of 2,000 training examples, one binary sample each, as the training goes on.",
        ),
      },
      {
        title: "Gradient variance",
        html: [
          figure(
            await variancePicture(results, "common"),
            `At the parameters of ${results[0]!.label}'s training, where every estimator's baselines were given time to settle; logarithmic axis.`,
          ),
          figure(await variancePicture(results, "variance"), "Along each estimator's own training; logarithmic axis."),
        ].join("\n"),
      },
      { title: "Reconstructions", html: `<div class="weights">${grids.join("\n")}</div>` },
    ],
    made: [
      ["data", `${data.name}: ${data.splitNote}`],
      [
        "training",
        `${latents} latents, batches of ${batch}, Adam with rate ${rate}, the prior by descent with rate ${priorRate}`,
      ],
      ["seed", String(seed)],
      ...made,
    ],
  });
}
