import {
  barChart,
  classHistogram,
  colourOf,
  escapeXml,
  intervalChart,
  numberText,
  scatterMatrix,
} from "../plots/index.ts";
import { figure, htmlTable, page, type Section } from "../report/index.ts";
import { madeOn, version } from "../report/made.ts";
import { cut } from "../rules.ts";
import type { Baselines } from "./cross-validate.ts";
import { type Exploration, pairedText } from "./explore.ts";
import { type Feature, rowsOfFeature } from "./features.ts";
import { many } from "./findings.ts";
import { type Groups, groupsOf, legend } from "./groups.ts";
import { mapSection } from "./map-section.ts";
import type { ColumnProfile } from "./profile.ts";
import { sampleOf } from "./sample.ts";
import { rowsOfTable, type Table } from "./table.ts";
import { aloneHead, closest, countText, valuesText } from "./text.ts";

/** What a page shows. */
export interface PageOf {
  readonly table: Table;
  readonly exploration: Exploration;
  readonly features: readonly Feature[];
  readonly target?: Feature | undefined;
  readonly baselines?: Baselines | undefined;
  /** Rows that are drawn, as places in the table. */
  readonly rows: Int32Array;
}

/** Columns of the scatter-plot matrix and of the table of pairs, values of a category, and points that are drawn, at most. */
const [MATRIX, PAIRED, VALUES, POINTS, ALONE] = [8, 24, 12, 400, 10];
/** Bins of a histogram. */
const BINS = 24;
/** Columns that are drawn. */
const DRAWN = 60;

const count = (n: number): string => n.toLocaleString("en-US");
const percent = (share: number): string => `${numberText(100 * share, 3)} %`;

/** The page that `heaviside explore --out` writes: findings first, baselines, columns one by one, and what goes together. */
export async function explorationPage(of: PageOf): Promise<string> {
  const { exploration, baselines, rows, target } = of;
  const { file, columns } = exploration;
  const name = file.split(/[/\\]/).at(-1)!;
  const drawn = rows.length < exploration.rows ? ` Pictures show ${count(rows.length)} rows, drawn at random.` : "";
  const groups = groupsOf(target && rowsOfFeature(target, rows));
  const sections = [
    findingsSection(exploration),
    ...(baselines ? [await baselineSection(baselines, target!)] : []),
    ...aloneSection(exploration),
    await columnSection(of, groups),
    ...pairSection(exploration),
    ...(await togetherSection(of, groups)),
  ];
  return page({
    title: `${name}: ${many(exploration.rows, "row")}, ${many(columns.length, "column")}${target ? `, to predict ${target.name}` : ""}`,
    question: `What to know before modelling.${drawn}`,
    caveats: [],
    sections,
    made: [["file", file], ["versions", `heaviside ${version()}, Node ${process.versions.node}`], madeOn()],
  });
}

/** A sentence in which no line ends within a flag and its value. */
const withFlags = (text: string): string =>
  escapeXml(text).replace(/--[a-z]+( [^\s),;]+)?/g, (flag) => `<span style="white-space:nowrap">${flag}</span>`);

function findingsSection({ findings }: Exploration): Section {
  const items = findings.map(({ rule, text }) => `<li><strong>${escapeXml(rule)}.</strong> ${withFlags(text)}</li>`);
  const html = items.length > 0 ? `<ul class="findings">${items.join("\n")}</ul>` : "";
  return { title: countText(items.length), html };
}

async function baselineSection({ results, unit, rows, of, folds }: Baselines, target: Feature): Promise<Section> {
  const what = unit === "%" ? "error in %" : `RMSE of ${target.name}`;
  const sorted = [...results].sort((a, b) => a.error.value - b.error.value);
  const text = (value: number): string => (unit === "%" ? `${value.toFixed(1)} %` : numberText(value, 3));
  const [best, usual] = [sorted[0]!, results[0]!];
  const title = `${best.name}: ${text(best.error.value)}, where the ${usual.name} has ${text(usual.error.value)}`;
  const picture = await intervalChart(
    sorted.map(({ name, error, folds: points }) => ({ name, ...error, points })),
    { title, x: what, scale: "linear" },
  );
  const table = htmlTable([
    ["model", what, "95 % interval", "what it is"],
    ...sorted.map(({ name, error, summary }) => [
      ...[name, text(error.value), `${text(Math.max(0, error.low))} to ${text(error.high)}`, summary],
    ]),
  ]);
  const sample = rows < of ? `${count(rows)} of ${count(of)} rows, drawn at random` : `all ${count(rows)} rows`;
  const caption = `Cross-validated over ${folds} stratified folds of ${sample}. Lines are 95 % intervals of Student's t over folds, circles the folds. Folds share rows of training, so the intervals are somewhat too narrow.`;
  return { title: "What simple models reach", html: `${figure(picture, caption)}\n<div class="wide">${table}</div>` };
}

/** What each column alone tells of the target. */
function aloneSection(of: Exploration): Section[] {
  const { alone, target } = of;
  if (alone.length === 0) return [];
  const rows = alone.slice(0, ALONE).map(({ column, error }) => [cut(column, 40), percent(error)]);
  const usual = [target?.classes ? "(the most frequent class)" : "(the mean)", percent(alone[0]!.chance)];
  const html = `${htmlTable([["column", aloneHead(of)], ...rows, usual])}\n<p class="quiet">Fitted to one half of the rows, tried on the other.</p>`;
  return [{ title: "Best single columns", html }];
}

async function columnSection(
  { table, exploration, rows, features, target }: PageOf,
  groups: Groups | undefined,
): Promise<Section> {
  const drawn = rowsOfTable(table, rows);
  const cards = await Promise.all(
    exploration.columns.slice(0, DRAWN).map(async (column, i) => {
      const feature = features.find(({ name }) => name === column.name);
      const isTold = groups && feature?.kind === "classes" && column.name !== target?.name && groups.names.length > 1;
      const picture = isTold
        ? crossTable(rowsOfFeature(feature, rows), groups)
        : await columnPicture(column, drawn.columns[i]?.values, groups);
      const missing = column.missing > 0 ? `${percent(column.missing / table.rows)} missing; ` : "";
      const caption = `${column.kind}; ${missing}${count(column.distinct)} different ${column.distinct === 1 ? "value" : "values"}. ${valuesText(column)}`;
      return picture === undefined
        ? `<figure><h3>${escapeXml(column.name)}</h3><figcaption>${escapeXml(caption)}</figcaption></figure>`
        : figure(picture, caption);
    }),
  );
  const more = exploration.columns.length - DRAWN;
  const rest = more > 0 ? `<p class="quiet">${count(more)} further columns are not drawn.</p>` : "";
  return { title: "Columns", html: `${cards.join("\n")}${rest}` };
}

/** Rows of each value of a category by class: the darker, the larger the share of the value's rows. */
function crossTable(feature: Feature, groups: Groups): string {
  if (feature.kind !== "classes") return "";
  const counts = feature.names.map(() => new Array<number>(groups.names.length).fill(0));
  for (const [row, code] of feature.codes.entries()) if (code >= 0) counts[code]![groups.of[row]!]!++;
  const totals = counts.map((row) => row.reduce((a, b) => a + b, 0));
  const order = [...counts.keys()].sort((a, b) => totals[b]! - totals[a]!).slice(0, VALUES);
  const heads = groups.names.map((name) => `<th>${escapeXml(cut(name, 24))}</th>`).join("");
  const rows = order.map((code) => {
    const cells = counts[code]!.map((n) => `<td style="background:${shade(0, n / totals[code]!)}">${count(n)}</td>`);
    return `<tr><td>${escapeXml(cut(feature.names[code]!, 24))}</td>${cells.join("")}</tr>`;
  });
  const more = order.length < counts.length ? `, the ${VALUES} most frequent values` : "";
  return `<h3>${escapeXml(cut(feature.name, 60))}: rows by class${more}</h3><div class="scroll"><table class="pairs"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** A colour of the palette, as strong as a share. */
const shade = (colour: number, share: number): string =>
  `${colourOf(colour)}${Math.round(178 * share)
    .toString(16)
    .padStart(2, "0")}`;

/** A histogram of numbers, bars of categories; none of ids, texts, and columns that never change. */
async function columnPicture(
  { name, kind, distinct, numbers, values: texts = [] }: ColumnProfile,
  values: Float64Array | undefined,
  groups: Groups | undefined,
): Promise<string | undefined> {
  if (distinct < 2 || kind === "id" || kind === "text" || kind === "date") return undefined;
  const title = cut(name, 60);
  if (!numbers) {
    const bars = texts.slice(0, VALUES).map(({ value, count }) => ({ name: cut(value, 24), value: count }));
    const more = texts.length > VALUES ? `, the ${VALUES} most frequent` : "";
    return barChart(bars, { title: `${title}: ${count(distinct)} values${more}`, x: "rows", digits: 0 });
  }
  const all = values ?? new Float64Array(0);
  const parts = groups
    ? groups.names.map((of, place) => ({ name: of, values: all.filter((_, row) => groups.of[row] === place) }))
    : [{ name, values: all }];
  // What is far out would press all others into a bin.
  const { min, max, outliers } = numbers;
  const [low, high] = outliers.count > 0 ? [Math.max(min, outliers.low), Math.min(max, outliers.high)] : [min, max];
  // Few whole numbers have a bin each, in its middle.
  const bins = kind === "number" || high - low >= BINS ? BINS : Math.round(high - low) + 1;
  const half = bins < BINS && kind !== "number" ? 0.5 : 0;
  const beyond =
    outliers.count > 0
      ? `; ${count(outliers.count)} ${outliers.count === 1 ? "outlier" : "outliers"} in the outer bins`
      : "";
  return classHistogram(parts, {
    ...{ title: `${title}: median ${numberText(numbers.quantiles["50"]!, 3)}${beyond}`, x: title, y: "rows" },
    ...{ domain: [low - half, high + half], bins },
  });
}

/** All pairs as a table of shaded cells, and the closest ones in words. */
function pairSection(exploration: Exploration): Section[] {
  const { pairs, sampled, rows } = exploration;
  const names = [...new Set(pairs.flatMap(({ columns }) => columns))].slice(0, PAIRED);
  if (names.length < 2) return [];
  const byName = new Map(pairs.map((pair) => [pair.columns.join("\n"), pair]));
  const cell = (a: string, b: string): string => {
    const pair = byName.get(`${a}\n${b}`) ?? byName.get(`${b}\n${a}`);
    if (!pair || Number.isNaN(pair.value)) return "<td></td>";
    const { value, measure, spearman } = pair;
    const more = spearman === undefined ? "" : `, Spearman ${numberText(spearman, 2)}`;
    const colour = shade(value < 0 ? 1 : 0, Math.abs(value));
    return `<td style="background:${colour}" title="${escapeXml(`${a} and ${b}: ${measure} ${numberText(value, 3)}${more}`)}">${value.toFixed(2).replace("-", "−")}</td>`;
  };
  const heads = names.map((name) => `<th><span>${escapeXml(cut(name, 24))}</span></th>`).join("");
  const body = names
    .map((name) => `<tr><td>${escapeXml(cut(name, 24))}</td>${names.map((other) => cell(name, other)).join("")}</tr>`)
    .join("");
  const words = closest(pairs, 8).map(({ columns, measure, value, spearman }) => [
    ...[columns.join(" and "), measure, numberText(value, 3), spearman === undefined ? "" : numberText(spearman, 3)],
  ]);
  const paired = pairedText(exploration);
  const sample = `${sampled.pairs < rows ? ` Of ${count(sampled.pairs)} rows, drawn at random.` : ""}${paired && ` Pairs ${paired}.`}`; // biome-ignore format: one line
  return [
    {
      title: "Pairs of columns",
      html: `<p class="quiet">Numbers: Pearson's r, blue above 0 and orange below. Categories: Cramér's V. One of each: the correlation ratio.${sample}</p>
<div class="scroll"><table class="pairs"><thead><tr><th></th>${heads}</tr></thead><tbody>${body}</tbody></table></div>
<p>The closest pairs:</p>${htmlTable([["columns", "measure", "value", "Spearman"], ...words])}`,
    },
  ];
}

/** The matrix of scatter plots, and the map of the rows by their principal components. */
async function togetherSection({ exploration, features, target, rows }: PageOf, groups?: Groups): Promise<Section[]> {
  const inputs = features.filter(({ name }) => name !== target?.name).map((feature) => rowsOfFeature(feature, rows));
  const sections: Section[] = [];
  const order = exploration.alone.map(({ column }) => column);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const numbers = inputs.flatMap((feature) =>
    feature.kind === "numbers" ? [withoutOutliers(feature, exploration)] : [],
  );
  const best = numbers
    .filter(({ distinct }) => distinct > 2)
    .sort((a, b) => rank(a.name) - rank(b.name))
    .slice(0, MATRIX);
  // What is to be predicted stands first, where it is a number.
  const aim = target?.kind === "numbers" ? withoutOutliers({ ...target, values: rowsOf(target.values, rows) }, exploration) : undefined; // biome-ignore format: one line
  const shown = aim ? [aim, ...best.slice(0, MATRIX - 1)] : best;
  if (shown.length > 1) {
    const few = sampleOf(rows.length, POINTS);
    const points = shown.map(({ name, values }) => ({ name, values: Float64Array.from(few, (row) => values[row]!) }));
    const matrix = scatterMatrix(points, {
      title: `${shown.length} columns of numbers against each other`,
      ...(groups && { classes: few.map((row) => groups.of[row]!) }),
    });
    const which =
      best.length < numbers.length
        ? `${best.length} of ${numbers.length} columns${order.length > 0 ? ", those that alone predict best" : ""}; `
        : "";
    const isFar = exploration.columns.some(({ name, numbers: of }) => (of?.outliers.count ?? 0) > 0 && shown.some((one) => one.name === name)); // biome-ignore format: one line
    const drawn =
      few.length < exploration.rows ? `${count(few.length)} rows, drawn at random` : `all ${count(few.length)} rows`;
    const about = `<p class="quiet">${which}${drawn}${isFar ? ", without outliers" : ""}.${legend(groups)}</p>`;
    sections.push({ title: "Columns against each other", html: `${about}<div class="scroll">${matrix}</div>` });
  }
  return [...sections, ...(await mapSection(inputs, rows.length, groups))];
}

const rowsOf = (values: Float64Array, rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);

/** A column whose outliers are missing: they would press all other points together. */
function withoutOutliers({ name, values }: Feature & { kind: "numbers" }, { columns }: Exploration) {
  const { numbers, distinct } = columns.find((column) => column.name === name)!;
  const { low, high, count: far } = numbers!.outliers;
  return { name, distinct, values: far === 0 ? values : values.map((x) => (x < low || x > high ? Number.NaN : x)) };
}
