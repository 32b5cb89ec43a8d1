import { count, wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { DRAWN_GAIN } from "../../models/convolutional.ts";
import { colourOf, intervalChart } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import { meanInterval } from "../../statistics/student.ts";
import { type Arm, type ImagesSetting, settingOf } from "./plan.ts";
import type { ImagesResults } from "./results.ts";

export const title = "Convolutions that fire or stay silent";
export const question =
  "Do convolutional networks of units that fire or stay silent, or with half of their channels closed, read images as well as ordinary ones?";

const errors = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(", ");

const timed = (milliseconds: number, timesAsFast: number): string =>
  `${milliseconds.toFixed(1)} (${timesAsFast.toFixed(2)} ×)`;

const rows = ({ arms }: ImagesResults): string[][] => [
  [
    "data",
    "units",
    "test error %",
    "by seeds",
    "when sampling",
    "running",
    "minus the first, 95 %",
    "ms, training",
    "ms, reading",
  ],
  ...arms.map(({ data, arm, test, sampled, running = [], mean, against, step, forward, timesAsFast }) => {
    const range = against && (Number.isFinite(against.low) ? `${against.low.toFixed(2)} to ${against.high.toFixed(2)}` : "one seed"); // biome-ignore format: one line
    const difference = against ? `${against.value.toFixed(2)} (${range})` : "";
    return [
      data,
      arm,
      mean.toFixed(2),
      errors(test),
      errors(sampled),
      errors(running),
      difference,
      timed(step, timesAsFast[0]),
      timed(forward, timesAsFast[1]),
    ];
  }),
];

function notes({ plan }: ImagesResults): string[] {
  const { blocks, batch, limit } = plan;
  const said = ofArms.filter(([arm]) => plan.arms.includes(arm)).map(([, text]) => text);
  return [
    "Two convolutions, the largest of 2 × 2 and a batch normalisation behind each, then dense units that are normalised too. Where units draw nothing, a dropout of 0.25 and 0.5 stands before and behind these.",
    ...plan.data.map((data) => settingText(data, settingOf(plan, data))),
    ...(said.length > 0 ? [said.join(" ").replaceAll("BLOCKS", `${blocks}`)] : []),
    `Adam at 0.003 with a cosine schedule to 0, in batches of ${batch}${limit === undefined ? "" : `; the first ${count(limit)} training examples`}. The test set is read once, at the epoch of the lowest validation error.`,
    "Test error: binary units output their probability to fire; when sampling, they fire as in training. Running: the test error where normalisations keep the mean and variance of units that fire, and not those of the probabilities. ms: of a batch, all networks in turn, the median of 31 rounds; ×: how many times as fast as the first.",
  ];
}

function settingText(data: string, { size, features, hidden, epochs, shift, mirrored }: ImagesSetting): string {
  const times = `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
  return `${data}: ${size} × ${size} taps, ${features} and ${2 * features} features, ${hidden} dense units, ${times}; images are shifted by up to ${shift} ${shift === 1 ? "pixel" : "pixels"}${mirrored ? " and mirrored" : ""}.`;
}

/** What the arms differ in. */
const ofArms: readonly (readonly [Arm, string])[] = [
  [
    "binary units",
    `Binary units stand behind pooling and normalisation, whose first scale is ${DRAWN_GAIN}: they are trained straight through, times σ′.`,
  ],
  [
    "half closed",
    "Half closed: of the BLOCKS groups of each convolution the half with the largest scores is computed for an image; the second doesn't read what the first closed.",
  ],
  ["half as wide", "Half as wide: convolutions with half as many features, without gates."],
  ["binary before pooling", "Before pooling: units fire, then the largest of 2 × 2 is taken."],
  ["binary with scale 1", "With scale 1: the first scale is as usual."],
];

/** The results for a terminal. */
export const imagesText = (results: ImagesResults, bold: (text: string) => string, columns: number): string =>
  [
    shownTable(rows(results), { columns, bold, right: [2, 7], optional: [4, 7, 5, 6], wrapped: 3 }),
    notes(results)
      .map((note) => wrap(note, columns))
      .join("\n"),
  ].join("\n\n");

/** The same in Markdown, for a page of documentation; without columns and notes about time where `timed` is false. */
export function imagesMarkdown(results: ImagesResults, { timed = true } = {}): string {
  const table = rows(results);
  const said = notes(results);
  if (timed) return [markdownTable(table, [2, 7]), ...said].join("\n\n");
  const [last = "", ...others] = said.toReversed();
  const errors = table.map((row) => row.slice(0, -2));
  return [markdownTable(errors, [2]), ...others.toReversed(), last.replace(/ ms: .*$/, "")].join("\n\n");
}

/** Test errors with their intervals. */
export const imagesPicture = ({ plan, arms }: ImagesResults): Promise<string> =>
  intervalChart(
    arms.map(({ data, arm, test }) => ({
      ...{ name: `${data}, ${arm}`, ...meanInterval(test), colour: colourOf(plan.data.indexOf(data)) },
    })),
    { title: "Test error of each network", x: "test error, per cent" },
  );

/** The same as a page, with a picture. */
export async function imagesPage(results: ImagesResults, how: readonly (readonly [string, string])[]): Promise<string> {
  const picture = await imagesPicture(results);
  const shows = figure(picture, "Each dot is the mean over seeds, the line its 95 % interval.");
  return page({
    ...{ title, question, caveats: notes(results) },
    sections: [{ title: "Test errors", html: shows + htmlTable(rows(results)) }],
    made: how,
  });
}
