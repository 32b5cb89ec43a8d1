import type { ImageForm } from "../data/images/form.ts";
import { type GateLayer, type Row, readable } from "../describe/index.ts";
import type { Card } from "../estimators/index.ts";
import { colourOf, escapeXml, histogram, imageGrid, numberText } from "../plots/index.ts";
import type { ClassMetric, EpochMetrics, TrainResult } from "../train/index.ts";
import { confusionSection } from "./confusion.ts";
import { firingCurves, learningCurves } from "./curves.ts";
import type { MapsOfLayers } from "./feature-maps.ts";
import type { Filters } from "./filters.ts";
import { drawnForm, filterFigure, layerTable, mapFigures } from "./images.ts";
import type { Insides } from "./inspect.ts";
import type { Mistake, Mistakes } from "./mistakes.ts";
import { page } from "./page.ts";
import { results } from "./results.ts";
import type { Scoring } from "./scoring.ts";

/** One training of those that a report compares. */
export interface ReportedRun<M extends string = ClassMetric> {
  /** Short, unique, for legends. */
  readonly name: string;
  /** The cards of its estimators, one for each layer that has one. */
  readonly cards: readonly Card[];
  /** The config, as JSON that the page shows. */
  readonly config: unknown;
  /** Its final scores. */
  readonly result: TrainResult<M>;
  /** The epoch that validation selected, from 1. */
  readonly selectedEpoch: number;
  /** Every validation, in order. */
  readonly history: readonly EpochMetrics<M>[];
  /** The weights and the activity of its first layer; undefined where it has no units. */
  readonly insides: Insides | undefined;
  /** What its first convolution looks for, where it has one. */
  readonly filters?: Filters | undefined;
  /** What its first layers of units over images output for a few of them. */
  readonly maps?: MapsOfLayers | undefined;
  /** Its layers, with parameters and multiply-adds. */
  readonly layers?: readonly Row[] | undefined;
  /** Its layers of gates, in the order of what its scores say of them. */
  readonly gates?: readonly GateLayer[] | undefined;
  /** The test examples that it gets wrong; undefined where it tells no classes. */
  readonly mistakes?: Mistakes | undefined;
  /** The functional diagram of its network, as SVG. */
  readonly diagram?: string | undefined;
}

/** What a report of trainings shows. */
export interface Report<M extends string = ClassMetric> {
  /** The heading of the page. */
  readonly title: string;
  /** What was asked, in a sentence or two. */
  readonly question: string;
  /** What these runs are and what they are not, a paragraph each. */
  readonly caveats: readonly string[];
  /** The trainings that it compares. */
  readonly runs: readonly ReportedRun<M>[];
  /** Whose metrics all runs were scored by. */
  readonly head: Scoring<M>;
  /** Shape of one example: images are shown where it is [rows, columns] or [rows, columns, channels]. */
  readonly inputShape: readonly number[];
  /** How it was made: backend, machine, versions; name and value. */
  readonly made: readonly (readonly [string, string])[];
}

const IMAGES =
  "Pictures: incoming weights of the first layer's units, one image a unit, each scaled by its own largest weight; red is positive, blue negative, white zero.";
const COLOURS =
  "Pictures: incoming weights of the first layer's units, one image a unit, each scaled by its own largest weight; grey is zero, and red, green and blue show the weights from the three channels, positive ones brighter, negative ones darker.";
const HISTOGRAMS = "Histograms: how many units are how active, on the validation set.";

/** What the pictures of the methods are; nothing where there are none. */
function picturesNote(runs: readonly Pick<ReportedRun, "insides">[], inputShape: readonly number[]): string {
  const inside = runs.flatMap(({ insides }) => insides ?? []);
  const form = inside.some(({ weights }) => weights.length > 0) ? drawnForm(inputShape) : undefined;
  const said = [...(form ? [form.channels === 3 ? COLOURS : IMAGES] : []), ...(inside.length > 0 ? [HISTOGRAMS] : [])];
  return said.length > 0 ? `<p class="quiet">${said.join("\n")}</p>` : "";
}

/** A page that stands alone: no files beside it, light and dark. */
export async function report<M extends string>(given: Report<M>): Promise<string> {
  const { title, question, caveats, runs, head, inputShape, made } = given;
  const cards = await Promise.all(runs.map((run, i) => card(run, i, { inputShape, alone: runs.length === 1 })));
  const firing = await firingCurves(runs);
  const mistakes = await mistakesSection(runs, inputShape);
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
      ...firing,
      ...confusionSection(runs),
      ...mistakes,
      ...(cards.every((text) => text === "")
        ? []
        : [
            {
              title: runs.length > 1 ? "The methods" : "The method",
              html: `${picturesNote(runs, inputShape)}
<div class="cards">${cards.join("\n")}</div>`,
            },
          ]),
    ],
    made,
    after: `<p class="quiet">Each configuration is what <code>heaviside train --config</code> reads.</p>\n${configs.join("\n")}`,
  });
}

/** Misclassified images of each of several runs. */
const FEW = 12;

/** The test images that each run gets wrong, the ones of which it is most certain first. */
async function mistakesSection<M extends string>(runs: readonly ReportedRun<M>[], inputShape: readonly number[]) {
  const found = runs.filter(({ mistakes }) => mistakes && mistakes.count > 0);
  const form = drawnForm(inputShape);
  if (found.length === 0 || !form) return [];
  const sheets = await Promise.all(
    found.map(async ({ name, mistakes: all }) => {
      const { count, examples } = all!;
      const shown = all!.shown.slice(0, runs.length > 1 ? FEW : all!.shown.length);
      const images = await Promise.all(shown.map((mistake) => mistakeFigure(mistake, form)));
      const title = runs.length > 1 ? `${name}: ` : "";
      const text = `${title}${count.toLocaleString("en-US")} of ${examples.toLocaleString("en-US")} test images are misclassified; ${shown.length === count ? "all of them, the most certain first" : `the ${shown.length} of which the network is most certain`}:`;
      const sheet = `<div class="sheet">${images.join("")}</div>`;
      return runs.length > 1
        ? `<details><summary>${escapeXml(text)}</summary>${sheet}</details>`
        : `<p>${escapeXml(text)}</p>${sheet}`;
    }),
  );
  return [
    {
      title: "Misclassified test images",
      html: `${sheets.join("\n")}<p class="quiet">Under each image: its class → the class that the network predicts, with its probability; deterministic readout.</p>`,
    },
  ];
}

async function mistakeFigure(
  { example, input, truth, predicted, probability }: Mistake,
  form: ImageForm & { readonly channels: 1 | 3 },
) {
  const said = `${truth} → ${predicted}, ${numberText(100 * probability, 3)} %`;
  const image = await imageGrid([input], {
    title: `Test image ${example}: ${said}`,
    ...{ ...form, columns: 1, scale: Math.min(3, 84 / form.width), colours: "gray" },
  });
  return `<figure>${image}<figcaption>${escapeXml(said)}</figcaption></figure>`;
}

async function card<M extends string>(
  { name, cards, insides, filters, maps, layers, diagram }: ReportedRun<M>,
  i: number,
  { inputShape, alone }: { readonly inputShape: readonly number[]; readonly alone: boolean },
): Promise<string> {
  if (cards.length === 0 && !insides && !diagram) return "";
  // Layers with the same estimator share its card.
  const methods = cards.filter((c, at) => cards.findIndex((other) => other.name === c.name) === at);
  const form = drawnForm(inputShape);
  const about = methods.map(
    (c) => `<p>${escapeXml(c.summary)}</p>
<p class="formula">∂L/∂a ${c.family === "deterministic" ? "=" : "≈"} ${escapeXml(readable(c.formula))}</p>
<p class="quiet">${standing(c)}; ${linked(c.source)}</p>`,
  );
  const weights =
    insides && insides.weights.length > 0 && form
      ? `<figure class="weights">${await imageGrid(insides.weights, {
          title: `First-layer weights, ${name}`,
          ...{ ...form, columns: 8, scale: Math.min(1.9, 53.2 / form.width) },
        })}</figure>`
      : "";
  const activity = insides
    ? `<figure>${await histogram(insides.activity, {
        title: activityInWords(insides),
        x: `${insides.measure} of a ${insides.isOfChannels ? "channel" : "unit"}`,
        y: insides.isOfChannels ? "channels" : "units",
        colour: colourOf(i),
        ...((insides.measure === "firing rate" || insides.activity.every((v) => v >= 0 && v <= 1)) && {
          domain: [0, 1] as const,
        }),
      })}</figure>`
    : "";
  const looks = filters ? await filterFigure(filters, name) : "";
  const channels = maps ? await mapFigures(maps, inputShape) : "";
  const table = layers ? layerTable(layers) : "";
  const drawn = diagram
    ? `<details${alone ? " open" : ""}><summary>Functional diagram: shapes, and the derivative of every arrow</summary><div class="diagram">${diagram}</div></details>`
    : "";
  return `<section class="card"><h3><span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(methods.map((c) => c.title).join(", ") || name)}</h3>
${about.join("\n")}${weights}${looks}${activity}${channels}${drawn}${table}</section>`;
}

/** How active the units are, in a sentence: where the middle half of them is, and how many never fire. */
function activityInWords({ activity, measure, isOfChannels }: Insides): string {
  const sorted = [...activity].sort((a, b) => a - b);
  const at = (share: number): string => numberText(sorted[Math.round(share * (sorted.length - 1))]!, 2);
  const silent = sorted.filter((value) => value === 0).length;
  const never = measure === "firing rate" && silent > 0 ? `; ${silent} never fire` : "";
  return `Half of the ${sorted.length} ${isOfChannels ? "channels" : "units"} have a ${measure} of ${at(0.25)} to ${at(0.75)}${never}`;
}

/** Whether the mean of what it computes is the gradient of the expected loss. */
const standing = ({ family, unbiased }: Card): string =>
  family === "deterministic" || family === "exact" ? "Exact" : unbiased ? "Unbiased" : "Biased";

/** Text with its addresses as links. */
const linked = (source: string): string =>
  escapeXml(source).replace(/https?:\/\/[^\s;,]+/g, (address) => `<a href="${address}">${address}</a>`);
