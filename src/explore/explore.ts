import { type Feature, featuresOf, rowsOfFeature, targetOf } from "./features.ts";
import { type Finding, findingsOf } from "./findings.ts";
import { type Alone, aloneOf } from "./leaks.ts";
import { type Pair, pairsOf } from "./pairs.ts";
import { type ColumnProfile, profileOf } from "./profile.ts";
import { type Repeats, repeatsOf } from "./repeats.ts";
import { sampleOf } from "./sample.ts";
import { type Shared, sharedRows } from "./shared.ts";
import type { Table } from "./table.ts";

/** Rows of large tables of which pairs of columns, and columns alone, are computed. */
const [PAIR_ROWS, LEAK_ROWS] = [100_000, 20_000];

/** How the target is distributed. */
export interface TargetProfile {
  /** Its column. */
  readonly name: string;
  /** Rows of each class, by name; absent where the target is numbers. */
  readonly classes?: readonly { readonly name: string; readonly count: number }[];
  /** Rows without a target. */
  readonly missing: number;
}

/** What a table holds, and what to know about it before modelling. */
export interface Exploration {
  /** The file that was read. */
  readonly file: string;
  /** How many rows it has. */
  readonly rows: number;
  /** What findings count places by: lines of the file, or rows where it has no lines. */
  readonly places: "line" | "row";
  /** What to look at, the most serious first. */
  readonly findings: readonly Finding[];
  /** What each column holds. */
  readonly columns: readonly ColumnProfile[];
  /** How the target is distributed; absent without one. */
  readonly target?: TargetProfile;
  /** Rows that are there before, and equal inputs with different targets. */
  readonly repeats: Repeats;
  /** Rows of the file to test on that are rows of this one too; absent without such a file. */
  readonly shared?: Shared;
  /** All pairs of columns that are numbers or categories. */
  readonly pairs: readonly Pair[];
  /** How well each column alone predicts the target, the best first; none without a target. */
  readonly alone: readonly Alone[];
  /** How many rows `pairs` and `alone` are computed of, drawn at random, and the `columns` of `of` that are in pairs. */
  readonly sampled: { readonly pairs: number; readonly alone: number; readonly columns: number; readonly of: number };
}

/** What is asked about a table. */
export interface Question {
  /** The column to predict. */
  readonly target?: string | undefined;
  /** Whether the target is numbers or classes (default: classes where it holds text). */
  readonly as?: "values" | "classes" | undefined;
  /** A table to test on, which must have the same columns. */
  readonly test?: Table | undefined;
}

/** An exploration, and the columns that further ones are made of. */
export interface Described {
  readonly exploration: Exploration;
  /** The columns that say something, the target among them where it does. */
  readonly features: readonly Feature[];
  readonly target?: Feature;
}

/** Columns whose pairs are computed: all pairs of more take more time and memory than they tell. */
const PAIRED = 300;

/** The first columns, the target among them. */
function pairedOf(features: readonly Feature[], target: Feature | undefined): readonly Feature[] {
  if (features.length <= PAIRED) return features;
  const first = features.slice(0, PAIRED);
  return target && features.includes(target) && !first.includes(target) ? [...first.slice(1), target] : first;
}

/** What is said where not all columns are in pairs; empty where they are. */
export const pairedText = ({ sampled: { columns, of } }: Pick<Exploration, "sampled">): string =>
  columns < of ? `of the first ${columns} of ${of} columns` : "";

/**
 * Describes a table: each column, pairs of columns, rows that repeat, and findings. Nothing depends on the order of rows but the lines that are
 * named, and what is computed of drawn rows where there are more than 20,000.
 */
export function describeTable(table: Table, { target: name, as, test }: Question = {}): Described {
  const columns = profileOf(table);
  const target = name === undefined ? undefined : targetOf(table, columns, name, as);
  const features = featuresOf(table, columns).map((feature) => (feature.name === name ? target! : feature));
  const ids = new Set(columns.filter(({ kind }) => kind === "id").map((column) => column.name));
  const repeats = repeatsOf(table, ids, name);
  const pairRows = sampleOf(table.rows, PAIR_ROWS);
  const paired = pairedOf(features, target);
  const pairs = pairsOf(paired.map((feature) => rowsOfFeature(feature, pairRows)));
  const aloneRows = sampleOf(table.rows, LEAK_ROWS);
  const drawn = (feature: Feature): Feature => rowsOfFeature(feature, aloneRows);
  const alone = target ? aloneOf(features.map(drawn), drawn(target)).sort((a, b) => a.error - b.error) : [];
  const known = {
    ...{ file: table.file, rows: table.rows, places: table.places, columns, repeats, pairs, alone },
    ...(target && { target: targetProfile(target) }),
    ...(test && { shared: sharedRows(table, test, ids) }),
    sampled: { pairs: pairRows.length, alone: target ? aloneRows.length : 0, columns: paired.length, of: features.length }, // biome-ignore format: one line
  };
  const exploration = { ...known, findings: findingsOf(known, table) };
  return { exploration, features, ...(target && { target }) };
}

function targetProfile(target: Feature): TargetProfile {
  const { name } = target;
  if (target.kind === "numbers")
    return { name, missing: target.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) };
  const counts = new Int32Array(target.names.length + 1);
  for (const code of target.codes) counts[code + 1]!++;
  return { name, missing: counts[0]!, classes: target.names.map((of, i) => ({ name: of, count: counts[i + 1]! })) };
}
