import { wrap } from "../describe/format.ts";
import { alignColumns } from "../describe/table.ts";
import { titleOf } from "../models/head.ts";
import type { Compared } from "./comparison.ts";
import type { ComparedGroup } from "./group.ts";
import { FEWEST } from "./pairs.ts";
import { intervalText, letter, meanText, pText, spreadText, titleIn, verdictText } from "./words.ts";

export interface TextOptions {
  /** Width in characters (default: 80). */
  readonly columns?: number | undefined;
  /** All metrics, on the validation set and with sampled units too (default: false). */
  readonly wide?: boolean | undefined;
  /** Sets heads of tables off (default: as they are). */
  readonly bold?: ((text: string) => string) | undefined;
}

/** Groups, pairs, and what to know of both. */
export function comparisonText(compared: Compared, options: TextOptions = {}): string {
  const { columns = 80, wide = false, bold = (text) => text } = options;
  const { groups, pairs, notes, data, readout, against } = compared;
  const title = `${data}: ${titleIn(compared, compared.metric)}, ${readout} readout, mean ± sd over seeds`;
  const tables = [groupTable(compared, { columns, wide }), ...(pairs.length > 0 ? [pairTable(compared)] : [])];
  const notice = [
    ...(against === undefined ? [] : ["A is the baseline: every other group is compared with it."]),
    ...(groups.length > 1 ? [pairsNote(compared)] : []),
    ...seedNotes(groups),
    ...equalNotes(compared),
    ...notes,
  ];
  return [
    wrap(title, columns),
    ...tables.flatMap(([head, ...lines]) => ["", bold(head!), ...lines]),
    ...(notice.length > 0 ? [""] : []),
    ...notice.map((note) => wrap(note, columns)),
  ].join("\n");
}

/** Words in lines of at most `width` characters; a longer word is cut into such. */
function linesOf(text: string, width: number): string[] {
  const pieces = text.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""]);
  return wrap(pieces.join(" "), width + 1).split("\n");
}

/** Characters of the narrowest column of names. */
const NARROWEST = 12;

function groupTable(compared: Compared, { columns, wide }: { columns: number; wide: boolean }): string[] {
  const { metric, metrics, groups } = compared;
  const shown = wide ? [metric, ...metrics.filter(({ name }) => name !== metric.name)] : [metric];
  const sampled = wide && groups.some((group) => group.sampled);
  const valid = wide && compared.split === "test";
  const head = [
    ...[
      groups.length > 1 ? " " : "",
      "group",
      "seeds",
      ...shown.map((each) => titleIn(compared, each)),
      "95% interval",
    ],
    ...(sampled ? shown.map((each) => `sampling ${titleOf(each)}`) : []),
    ...(valid ? shown.map((each) => `validation ${titleOf(each)}`) : []),
  ];
  const cells = groups.map((group, i) => [
    ...[groups.length > 1 ? letter(i) : "", group.name, String(group.seeds.length)],
    ...shown.map((each) => spreadText(each, group.figures[each.name]!)),
    intervalText(metric, group.figures[metric.name]!),
    ...(sampled ? shown.map((each) => (group.sampled ? spreadText(each, group.sampled[each.name]!) : "–")) : []),
    ...(valid ? shown.map((each) => spreadText(each, group.valid[each.name]!)) : []),
  ]);
  const rest = [head, ...cells].map((row) => row.filter((_, i) => i !== 1));
  const others = Math.max(...alignColumns(rest).map((line) => Array.from(line).length)) + 2;
  const width = wide ? Number.POSITIVE_INFINITY : Math.max(NARROWEST, columns - others);
  const rows = cells.flatMap(([mark = "", name = "", ...figures]) =>
    (wide ? [name] : linesOf(name, width)).map((line, i) =>
      i === 0 ? [mark, line, ...figures] : ["", line, ...figures.map(() => "")],
    ),
  );
  const right = head.map((_, i) => i).slice(2);
  return alignColumns([head, ...rows], right).map((line) => (groups.length > 1 ? line : line.slice(2)));
}

/** The groups' letters, by name. */
const letters = ({ groups }: Compared): ReadonlyMap<string, string> =>
  new Map(groups.map(({ name }, i) => [name, letter(i)]));

function pairTable(compared: Compared): string[] {
  const { pairs, metric } = compared;
  const named = letters(compared);
  const rows = pairs.map((pair) => {
    const [first, second] = [named.get(pair.first)!, named.get(pair.second)!];
    const { difference } = pair;
    return [
      `${first} − ${second}`,
      String(pair.seeds.length),
      difference ? meanText(metric, difference) : "–",
      difference ? intervalText(metric, difference) : "–",
      ...[pText(pair.p), pText(pair.corrected), verdictText(pair, first)],
    ];
  });
  return alignColumns([["pair", "seeds", "mean", "95% interval", "p", "Holm", ""], ...rows], [1, 2, 3, 4, 5]);
}

function pairsNote(compared: Compared): string {
  const { pairs, metric } = compared;
  const tested = pairs.filter(({ p }) => p !== null).length;
  const better = `${metric.better === "lower" ? "Lower" : "Higher"} is better.`;
  const few = pairs.some(({ seeds }) => seeds.length < FEWEST);
  const needs = few ? ` A paired test needs at least ${FEWEST} seeds in both groups.` : "";
  if (tested === 0) return `${better}${needs}`;
  const corrected = tested === 1 ? "1 test" : `${tested} tests`;
  return `${better} p: paired t-test over the seeds in both groups; Holm: p corrected for ${corrected}.`;
}

/** What must be known of figures that don't differ between seeds. */
function equalNotes({ groups, metric }: Compared): string[] {
  const equal = groups.flatMap(({ figures }, i) => (figures[metric.name]!.sd === 0 ? [letter(i)] : []));
  if (equal.length === 0) return [];
  const which = groups.length === 1 ? "All seeds" : `All seeds of ${equal.join(", ")}`;
  return [`${which} give the same number, so there is no interval. More test examples may tell them apart.`];
}

const seedNotes = (groups: readonly ComparedGroup[]): string[] => {
  const single = groups.filter(({ seeds }) => seeds.length === 1).length;
  if (single === 0) return [];
  const which = single === groups.length ? "Every group has" : single === 1 ? "One group has" : `${single} groups have`;
  return [`${which} one seed only: it says nothing about other seeds.`];
};
