import { datasetFamily } from "../data/options.ts";
import { UserError } from "../errors.ts";
import { headFrom, type Own } from "../models/from-config.ts";
import { type Head, isBetter, type Metric } from "../models/head.ts";
import { optionsOf } from "../options/index.ts";
import { checkChoice, checkObject, show, suggestion } from "../rules.ts";
import { type Comparison, comparison } from "./comparison.ts";
import { differing, withoutSeed } from "./differences.ts";
import { recordsIn } from "./from-folder.ts";
import { type ComparedGroup, groupOf } from "./group.ts";
import { pairsOf } from "./pairs.ts";
import { type ComparableResult, type RunRecord, recordOf } from "./record.ts";

/** How runs are compared. */
export interface CompareOptions extends Pick<Own, "heads"> {
  /** The metric that is tested and that orders the groups (default: the head's own, such as the error). */
  readonly metric?: string | undefined;
  /** A group's name or a part of it: the baseline, listed first as A, with which all others are compared (default: all pairs are). */
  readonly against?: string | undefined;
}

/**
 * Compares trainings over seeds. Runs whose configs differ in nothing but the seed are a group; a group is
 * named by the options in which the groups differ, such as "estimator disarm". For each group: mean and
 * standard deviation of the head's metrics, and the 95 % interval of the mean by Student's t. For each pair
 * of groups: the mean difference over the seeds that both have, its interval, the p-value of the paired
 * t-test, and that p-value with Holm's correction for all pairs. Pairs with fewer than 3 seeds in common have
 * no test.
 *
 * The metrics are those of the test set, in their units (% or nats, as the head says), at the epoch that the
 * validation set selected. Where a run has none, because it was stopped, all groups are compared on the
 * validation set, and `notes` says so.
 *
 * Throws UserError (its promise rejects) for a path that is no run, a run without a completed epoch, fewer
 * than two runs, runs of different data or heads, and two runs of one group with the same seed.
 * @param runs run folders, folders that hold run folders, or results of `train`
 * @example const comparison = await compare(["runs/disarm-1", "runs/disarm-2", await train(model, data)]);
 * console.log(String(comparison));
 */
export async function compare(
  runs: readonly (string | ComparableResult)[],
  options: CompareOptions = {},
): Promise<Comparison> {
  if (!Array.isArray(runs))
    throw new UserError(`compare: runs must be a list of run folders or results, received ${show(runs)}`);
  checkObject("compare", options, ["metric", "against", "heads"]);
  const records: RunRecord[] = [];
  for (const [i, run] of runs.entries())
    records.push(...(typeof run === "string" ? await recordsIn(run) : [recordOf(run, i + 1)]));
  const head = commonHead(records, options);
  const metric = metricFor(head, options.metric);
  const { readout } = head.select;
  const stopped = records.filter(({ test }) => test === undefined);
  const split = stopped.length === 0 ? "test" : "valid";
  const sorted = grouped(records)
    .map(({ differs, of }) => groupOf(differs, of, { head, split, readout }))
    .sort((a, b) => order(metric, a, b));
  const base = against(sorted, options.against);
  const groups = base ? [base, ...sorted.filter((group) => group !== base)] : sorted;
  return comparison({
    ...{ metric, metrics: head.metrics, split, readout, groups },
    data: dataName(records),
    ...(base && { against: base.name }),
    pairs: pairsOf(groups, metric, base),
    notes: [...filesNote(records), ...(stopped.length === 0 ? [] : [stoppedNote(stopped)])],
  });
}

/** The data as a reader knows them: the data set's name; of a table the file and its target, "birds.csv, target price". */
function dataName(records: readonly RunRecord[]): string {
  const { data, identity } = records[0]!;
  if (identity.data.name !== "table") return identity.data.name;
  const files = records.flatMap(({ data }) => (typeof data?.file === "string" ? [data.file] : []));
  const named = [...new Set(files.map((file) => file.split(/[\\/]/).at(-1)!))].join(" and ");
  const target = [data?.target ?? []].flat();
  return [named || "table", ...(target.length > 0 ? [`target ${target.join(", ")}`] : [])].join(", ");
}

const order = (metric: Metric, a: ComparedGroup, b: ComparedGroup): number => {
  const [x, y] = [a, b].map(({ figures }) => figures[metric.name]!.mean);
  return x === y ? 0 : isBetter(metric, x!, y!) ? -1 : 1;
};

function stoppedNote(stopped: readonly RunRecord[]): string {
  const names = stopped.map(({ name }) => name);
  const few = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return `compared on the validation set: no test scores in ${few.join(", ")}, whose training hasn't ended`;
}

/** Throws UserError for runs of too few, or of different data or heads. */
function commonHead(records: readonly RunRecord[], { heads }: CompareOptions): Head {
  const [first] = records;
  if (!first || records.length < 2) throw new UserError(`compare: needs at least two runs, received ${records.length}`);
  for (const record of records) checkData(first, record);
  const [head, ...others] = records.map(({ name, identity: { model } }) => {
    const config = (model as { readonly head?: unknown } | undefined)?.head;
    return headFrom(config, { heads }, `compare: the head of ${name}`);
  });
  const named = ({ kind, metrics }: Head): string => `${kind} (${metrics.map(({ name }) => name).join(", ")})`;
  for (const [i, other] of others.entries())
    if (named(other) !== named(head!))
      throw new UserError(
        `compare: runs must have the same head, ${first.name} has ${named(head!)} and ${records[i + 1]!.name} has ${named(other)}`,
      );
  return head!;
}

function checkData(a: RunRecord, b: RunRecord): void {
  const [x, y] = [a.identity.data, b.identity.data];
  const sizes = (data: typeof x): string => `${data.name} with ${data.sizes.join(" + ")} examples`;
  const [one, other] = [sizes(x), sizes(y)];
  if (one !== other)
    throw new UserError(`compare: runs must share one data set, ${a.name} has ${one} and ${b.name} has ${other}`);
  if (x.checksum !== y.checksum)
    throw new UserError(
      `compare: runs must share one data set, the examples of ${x.name} in ${a.name} and ${b.name} differ: ${oneSplit(x.name)}`,
    );
}

/** What must be known of runs of several files, which predict the same of as many examples. */
function filesNote(records: readonly RunRecord[]): string[] {
  const files = [...new Set(records.flatMap(({ data }) => (typeof data?.file === "string" ? [data.file] : [])))];
  const inputs = new Set(records.map(({ identity: { data } }) => data.inputs));
  if (files.length < 2 || inputs.size < 2) return [];
  return [
    `The runs are of ${files.length} files with the same targets and other inputs, such as ${files.slice(0, 2).join(" and ")}: what differs may be the data.`,
  ];
}

/** How two trainings get the same examples. */
function oneSplit(name: string): string {
  const options = optionsOf(datasetFamily, name) ?? {};
  if (options.splitSeed) return "train both on the same file with one --split-seed (splitSeed of loadDataset)";
  if (options.seed) return `train both with one seed of the data (--data ${name}:seed=0)`;
  return options.dir ? "train both on the same files" : "make both with one seed of datasetFromArrays";
}

function metricFor({ metrics, select }: Head, asked: string = select.metric): Metric {
  checkChoice(
    "compare: metric",
    asked,
    metrics.map(({ name }) => name),
  );
  return metrics.find(({ name }) => name === asked)!;
}

interface Grouped {
  readonly differs: Readonly<Record<string, string>>;
  readonly of: readonly RunRecord[];
}

/** Runs with the same config apart from the seed, in the order in which they are given. Throws UserError for a seed that comes twice. */
function grouped(records: readonly RunRecord[]): Grouped[] {
  const groups = new Map<string, RunRecord[]>();
  for (const record of records) {
    const key = JSON.stringify(withoutSeed(record.identity));
    const group = groups.get(key) ?? [];
    const twin = group.find(({ seed }) => seed === record.seed);
    if (twin)
      throw new UserError(
        `compare: a group needs one run for each seed, ${twin.name} and ${record.name} have the same config and seed ${record.seed}: give one of them`,
      );
    groups.set(key, [...group, record]);
  }
  const found = [...groups.values()];
  const differs = differing(found.map(([first]) => ({ ...withoutSeed(first!.identity), data: first!.data })));
  return found.map((of, i) => ({ differs: differs[i]!, of }));
}

/** The one group that a text names. Throws UserError where none or several are meant. */
function against(groups: readonly ComparedGroup[], text: string | undefined): ComparedGroup | undefined {
  if (text === undefined) return undefined;
  const names = groups.map(({ name }) => name);
  const exact = groups.filter(({ name, differs }) => name === text || Object.values(differs).includes(text));
  const found = exact.length > 0 ? exact : groups.filter(({ name }) => name.includes(text));
  if (found.length === 1) return found[0];
  const meant = suggestion(text, [...names, ...groups.flatMap(({ differs }) => Object.values(differs))]);
  throw new UserError(
    `compare: against must name one of the groups ${names.join("; ")}${meant}, received ${show(text)}`,
  );
}
