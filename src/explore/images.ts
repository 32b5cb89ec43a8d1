import { contactSheet } from "../data/contact-sheet.ts";
import type { Dataset } from "../data/index.ts";
import { type DatasetSummary, summarize } from "../data/index.ts";
import { wrap } from "../describe/format.ts";
import { alignColumns } from "../describe/table.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import { contactSheetSvg, escapeXml, numberText } from "../plots/index.ts";
import { figure, page, type Section } from "../report/index.ts";
import { version } from "../report/made.ts";
import { planeOf } from "./components.ts";
import { type Groups, groupsOf } from "./groups.ts";
import { nearFigure, planeFigure } from "./map-section.ts";
import { sampleOf } from "./sample.ts";
import { countText, type Setting } from "./text.ts";
import { umap } from "./umap.ts";

/** An image that lies far from the mean of its class. */
export interface Unusual {
  /** Its place in the training split, from 0. */
  readonly example: number;
  /** Its distance from the mean, as a multiple of the class's root mean square distance. */
  readonly distance: number;
}

/** What to know about images before modelling. */
export interface ImageExploration {
  /** Its splits, fields and faults. */
  readonly summary: DatasetSummary;
  /** Sentences about what to look at. */
  readonly findings: readonly string[];
  /** The training images of each class that are farthest from its mean, the farthest first. */
  readonly unusual: readonly { readonly name: string; readonly count: number; readonly images: readonly Unusual[] }[];
}

/** Images of a class that are named and drawn. */
const MOST = 8;

/** Explores a data set of images. Throws UserError for another data set. */
export function describeImages(data: Dataset): ImageExploration {
  if (!contactSheet(data, 0))
    throw new UserError(
      `explore: looks at tables and at images with one class each, received ${data.name}; npx heaviside data ${data.name} prints what it holds`,
    );
  const summary = summarize(data);
  const repeated = summary.overlaps
    .filter(({ examples }) => examples > 0)
    .map(
      ({ splits: [first, second], examples, otherLabel }) =>
        `${examples.toLocaleString("en-US")} images of ${second} are in ${first} too${otherLabel > 0 ? `, ${otherLabel} of them with another class` : ""}: remove them from one of both, or the score is too good.`,
    );
  return { summary, findings: [...repeated, ...summary.warnings], unusual: unusualImages(data) };
}

/** The images of each class that are farthest from its mean. */
function unusualImages({ train, fields }: Dataset): ImageExploration["unusual"] {
  const { data } = train.fields.x!;
  const labels = train.fields.label?.data;
  const names = fields.label?.classes ?? ["all"];
  const pixels = sizeOf(fields.x!.shape);
  const classOf = (example: number): number => labels?.[example] ?? 0;
  const means = names.map(() => new Float64Array(pixels));
  const counts = names.map(() => 0);
  for (let example = 0; example < train.size; example++) {
    const mean = means[classOf(example)]!;
    const n = ++counts[classOf(example)]!;
    for (let i = 0; i < pixels; i++) mean[i]! += (data[example * pixels + i]! - mean[i]!) / n;
  }
  const found = names.map(() => [] as { example: number; squared: number }[]);
  const totals = names.map(() => 0);
  for (let example = 0; example < train.size; example++) {
    const label = classOf(example);
    let squared = 0;
    for (let i = 0; i < pixels; i++) squared += (data[example * pixels + i]! - means[label]![i]!) ** 2;
    totals[label]! += squared;
    const best = found[label]!;
    if (best.length === MOST && squared <= best.at(-1)!.squared) continue;
    best.push({ example, squared });
    best.sort((a, b) => b.squared - a.squared);
    if (best.length > MOST) best.pop();
  }
  return names.map((name, label) => {
    const usual = totals[label]! / counts[label]!;
    const images = found[label]!.map(({ example, squared }) => ({
      ...{ example, distance: usual > 0 ? Math.sqrt(squared / usual) : 0 },
    }));
    return { name, count: counts[label]!, images };
  });
}

/** The same for a terminal. */
export function imagesText({ summary, findings, unusual }: ImageExploration, { columns, bold }: Setting): string {
  const count = (n: number): string => n.toLocaleString("en-US");
  const rows = unusual.map(({ name, count: n, images }) => [
    ...[name, count(n), images[0] ? numberText(images[0].distance, 3) : ""],
    images.slice(0, 4).map(({ example }) => String(example)).join(", "), // biome-ignore format: one line
  ]);
  const head = ["class", "images", "farthest", "most unusual, by place"];
  const [first, ...rest] = alignColumns([head, ...rows], [1, 2]);
  return [
    wrap(`${summary.name}: ${summary.splitNote}`, columns),
    "",
    bold(countText(findings.length)),
    ...findings.map((text) => `- ${wrap(text, columns - 2).replaceAll("\n", "\n  ")}`),
    "",
    bold(first!),
    ...rest,
    wrap("farthest: from the mean of the class, as a multiple of what is usual for the class", columns),
  ].join("\n");
}

/** Images of a map, and numbers in all of them: neighbours are compared by pixels. */
const [MAPPED, MOST_PIXELS] = [1000, 2 ** 22];

/** Two maps of training images by their pixels. None where all are alike. */
async function imageMaps({ train, fields }: Dataset): Promise<Section[]> {
  const pixels = sizeOf(fields.x!.shape);
  const { data } = train.fields.x!;
  const shown = sampleOf(train.size, Math.min(MAPPED, Math.floor(MOST_PIXELS / pixels)));
  if (shown.length < 3) return [];
  const x = Float64Array.from({ length: shown.length * pixels }, (_, i) => data[shown[Math.floor(i / pixels)]! * pixels + (i % pixels)]!); // biome-ignore format: one line
  const plane = planeOf(x, shown.length);
  if (!plane) return [];
  const labels = train.fields.label?.data;
  const groups: Groups | undefined =
    labels &&
    groupsOf({ ...{ kind: "classes", name: "label", names: fields.label?.classes ?? [] }, codes: shown.map((example) => labels[example]!) }, true); // biome-ignore format: one line
  const html = `<p class="quiet">${shown.length.toLocaleString("en-US")} training images${shown.length < train.size ? ", drawn at random" : ""}.</p>
${await planeFigure(plane, "Principal components of the pixels.", groups)}
${await nearFigure(umap(x, shown.length, plane), "images", groups)}`;
  return [{ title: "Two maps of the images", html }];
}

/** The page of a data set of images: findings, each class with its mean and first images, and the most unusual ones. */
export async function imagesPage(data: Dataset, { summary, findings, unusual }: ImageExploration): Promise<string> {
  const sheetOf = async (title: string, chosen?: readonly (readonly number[])[]): Promise<string> => {
    const { classes, width, height, channels } = contactSheet(data, MOST, chosen)!;
    const rows = classes
      .filter(({ count }) => count > 0)
      .map(({ name, count, mean, examples }) => ({
        name,
        note: count.toLocaleString("en-US"),
        mean,
        images: examples,
      }));
    return contactSheetSvg(rows, { width, height, channels }, title);
  };
  const first = await sheetOf("The mean of each class, and its first training images");
  const far = await sheetOf(
    "The training images that are farthest from the mean of their class",
    unusual.map(({ images }) => images.map(({ example }) => example)),
  );
  const maps = await imageMaps(data);
  const items = findings.map((text) => `<li>${escapeXml(text)}</li>`).join("\n");
  return page({
    title: `${data.name}: ${data.train.size.toLocaleString("en-US")} training images, ${unusual.length} ${unusual.length === 1 ? "class" : "classes"}`,
    question: summary.splitNote,
    caveats: [],
    sections: [
      {
        title: countText(findings.length),
        html: items === "" ? "" : `<ul class="findings">${items}</ul>`,
      },
      {
        title: "Classes",
        html: `${figure(first, "Means show what images of a class have in common: a sharp mean says that they are alike.")}
${figure(far, "The farthest first, by squared differences of pixels. Look for wrong classes, damaged files and other sources.")}`,
      },
      ...maps,
    ],
    made: [["versions", `heaviside ${version()}, Node ${process.versions.node}`]],
  });
}
