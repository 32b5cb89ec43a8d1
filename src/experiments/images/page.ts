import { count, wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { colourOf, intervalChart } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import { meanInterval } from "../../statistics/student.ts";
import type { ImagesResults } from "./results.ts";

export const title = "Convolutions that fire or stay silent";
export const question =
  "Do convolutional networks of units that fire or stay silent, or with half of their channels closed, read images as well as ordinary ones?";

const errors = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(", ");

const rows = ({ arms }: ImagesResults): string[][] => [
  ["data", "units", "test error %", "by seeds", "when sampling", "minus the first, 95 %", "examples/s"],
  ...arms.map(({ data, arm, test, sampled, mean, against, examplesPerSecond }) => {
    const range = against && (Number.isFinite(against.low) ? `${against.low.toFixed(2)} to ${against.high.toFixed(2)}` : "one seed"); // biome-ignore format: one line
    const difference = against ? `${against.value.toFixed(2)} (${range})` : "";
    return [data, arm, mean.toFixed(2), errors(test), errors(sampled), difference, count(examplesPerSecond)];
  }),
];

function notes({ plan }: ImagesResults): string[] {
  const { features, blocks, epochs, batch, limit } = plan;
  return [
    `Two blocks of two normalised convolutions of 3 × 3 taps with ${features} and ${2 * features} features, a pooling of 2 × 2 and dropout, then 256 dense units. Half closed: of the ${blocks} groups of each block's second convolution the half with the largest scores is computed for an image.`,
    `${epochs} ${epochs === 1 ? "epoch" : "epochs"} in batches of ${batch}, Adam at 0.002 with a cosine schedule to 0; images are shifted by up to 2 pixels, those of Fashion-MNIST mirrored too${limit === undefined ? "" : `; the first ${count(limit)} training examples`}. The test set is read once, at the epoch of the lowest validation error.`,
    "Test error: binary units output their probability to fire; when sampling, they fire as in training. Examples/s: of the training, on this machine.",
  ];
}

/** The results for a terminal. */
export const imagesText = (results: ImagesResults, bold: (text: string) => string, columns: number): string =>
  [
    shownTable(rows(results), { columns, bold, right: [2, 6], optional: [4, 6, 5], wrapped: 3 }),
    notes(results)
      .map((note) => wrap(note, columns))
      .join("\n"),
  ].join("\n\n");

/** The same in Markdown, for a page of documentation. */
export const imagesMarkdown = (results: ImagesResults): string =>
  [markdownTable(rows(results), [2, 6]), ...notes(results)].join("\n\n");

/** The same as a page, with a picture. */
export async function imagesPage(results: ImagesResults, how: readonly (readonly [string, string])[]): Promise<string> {
  const picture = await intervalChart(
    results.arms.map(({ data, arm, test }) => ({
      ...{ name: `${data}, ${arm}`, ...meanInterval(test), colour: colourOf(results.plan.data.indexOf(data)) },
    })),
    { title: "Test error of each network", x: "test error, per cent" },
  );
  return page({
    ...{ title, question, caveats: notes(results) },
    sections: [
      {
        title: "Test errors",
        html:
          figure(picture, "Each dot is the mean over seeds, the line its 95 % interval.") + htmlTable(rows(results)),
      },
    ],
    made: how,
  });
}
