import { preprocessNames } from "../layers/preprocess/index.ts";
import { cut } from "../rules.ts";

/** Characters of a value in the name of a group. */
const MOST = 200;

/** What is looked at of a run to tell groups apart: the configs of network and training, and the options of the data where they are known. */
export interface Configs {
  readonly model: unknown;
  readonly training: unknown;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** An option in which configs differ, with its value in each of them, as text. */
interface Difference {
  readonly path: readonly string[];
  readonly texts: readonly string[];
}

type Plain = Readonly<Record<string, unknown>>;

/** Options of a training that tell runs of one group apart, or have no effect on what was learned. */
const apart = ["seed", "test"];

/** The configs without what may differ within a group. */
export function withoutSeed({ model, training }: Configs): Pick<Configs, "model" | "training"> {
  const kept = Object.entries(training as Plain).filter(([key]) => !apart.includes(key));
  return { model, training: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The name of a member of a family, such as that of an optimizer. */
const memberOf = (value: Plain): unknown => value.name ?? value.kind;
const names = ["name", "kind"];

const isSame = (values: readonly unknown[]): boolean => {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.every((text) => text === texts[0]);
};

/**
 * A value as it is typed in a flag: `disarm`, `20+30`. A member of a family has those options alone that tell it from others of its name among
 * the `peers`: `leave-one-out:samples=4`.
 */
function textOf(value: unknown, peers: readonly unknown[], nested = false): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return value.map((part) => textOf(part, peers.flat(), true)).join("+");
  if (!isPlain(value)) return String(value);
  const member = memberOf(value);
  const alike = peers.filter(isPlain).filter((peer) => memberOf(peer) === member);
  const options = Object.entries(value).filter(
    ([key]) => typeof member !== "string" || (!names.includes(key) && !isSame(alike.map((peer) => peer[key]))),
  );
  const pairs = options
    .map(
      ([key, option]) =>
        `${key}=${textOf(
          option,
          alike.map((peer) => peer[key]),
          true,
        )}`,
    )
    .join(",");
  if (typeof member !== "string") return nested ? `(${pairs})` : pairs;
  if (pairs === "") return member;
  return nested ? `${member}(${pairs})` : `${member}:${pairs}`;
}

const isList = (value: unknown): value is readonly Plain[] => Array.isArray(value) && value.every(isPlain);

/** Lists without what all of them end in, such as the layer of the output; each keeps at least one element. */
function withoutCommonEnd(lists: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  const shortest = Math.min(...lists.map(({ length }) => length));
  let end = 0;
  while (end < shortest - 1 && isSame(lists.map((list) => list.at(-1 - end)))) end++;
  return lists.map((list) => list.slice(0, list.length - end));
}

/** The elements of a list, those within another one before it. */
const inOrder = (list: readonly Plain[]): readonly Plain[] =>
  list.flatMap(({ stages, ...own }) => (isList(stages) ? [...inOrder(stages), own] : [own]));

/** What a stage's size is called, by which one of several stages of a kind is known. */
const sizes = ["features", "units"];

/** Kinds of stages, with the sizes that all networks share, as in conv:32: an option in which they differ stands by itself. */
function withSizes(
  kinds: readonly (readonly unknown[])[],
  lists: readonly (readonly Plain[])[],
  isOuter: boolean,
): readonly (readonly unknown[])[] {
  const shared = sizes.filter((size) =>
    isSame(lists.map((list) => inOrder(list).flatMap((stage) => stage[size] ?? []))),
  );
  return lists.map((list, i) => {
    const of = (isOuter ? list : inOrder(list)).filter(({ kind }) => kind !== undefined);
    return kinds[i]!.map((kind, j) => {
      const size = shared.map((name) => of[j]?.[name]).find((value) => value !== undefined);
      return size === undefined ? kind : `${kind}:${size}`;
    });
  });
}

/** Stages in which networks differ, place by place: where their options are the same, but for the place of one. */
function byPlace(models: readonly unknown[]): Difference[] {
  const lists = models.map((model) => (isPlain(model) && isList(model.stages) ? inOrder(model.stages) : []));
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.map((list) => list[i])).flatMap((stages, i) =>
    isSame(stages) ? [] : [{ path: ["model", `stage ${i + 1}`], texts: stages.map((stage) => textOf(stage, stages)) }],
  );
}

/** Values of one option in the elements of a list, such as the units of all layers: one text where all elements have the same. */
function columns(path: readonly string[], lists: readonly (readonly Plain[])[]): Difference[] {
  const all = lists.map(inOrder);
  const keys = [...new Set(all.flat().flatMap(Object.keys))].filter((key) => key !== "name");
  const valuesIn = (of: readonly (readonly Plain[])[], key: string): (readonly unknown[])[] =>
    of.map((list) => list.map((element) => element[key]).filter((value) => value !== undefined));
  return keys.flatMap((key) => {
    const outer = valuesIn(lists, key);
    // Of stages around others the outer ones say enough where they differ.
    const values = key === "kind" && !isSame(outer) ? outer : valuesIn(all, key);
    // How many sizes there are is part of a choice; how many elements have the only estimator is not.
    const counts = key === "kind" || values.flat().some((value) => typeof value === "number");
    if (isSame(values) || (!counts && isSame(values.flat()) && values.every((list) => list.length > 0))) return [];
    const shown = withoutCommonEnd(key === "kind" ? withSizes(values, lists, values === outer) : values);
    const lengths = new Set(shown.map(({ length }) => length));
    const single = shown.every(isSame) && (lengths.size === 1 || !counts);
    const short = single ? shown.map(([value]) => value) : shown;
    return [{ path: [...path, key], texts: short.map((value) => columnText(value, short)) }];
  });
}

/** The values of a column: three or more equal ones that follow each other as 3×conv. */
function columnText(value: unknown, peers: readonly unknown[]): string {
  if (!Array.isArray(value)) return textOf(value, peers);
  const texts = value.map((each) => textOf([each], peers));
  const firsts = texts.flatMap((text, i) => (text === texts[i - 1] ? [] : [i]));
  const runs = firsts.map((from, i) => texts.slice(from, firsts[i + 1]));
  return runs.flatMap((run) => (run.length > 2 ? [`${run.length}×${run[0]}`] : run)).join("+") || "none";
}

/** Options of stages without those that the name of the network decides, such as the taps of lenet beside vgg: but for units' estimators. */
function withoutNamed(found: readonly Difference[]): readonly Difference[] {
  const names = found.find(({ path }) => path.join() === "model,name")?.texts;
  if (!names) return found;
  const isDecided = (texts: readonly string[]): boolean =>
    names.every((name, i) => texts[i] === texts[names.indexOf(name)]);
  return found.filter(({ path, texts }) => path[1] !== "stages" || path.at(-1) === "estimator" || !isDecided(texts));
}

function differencesAt(path: readonly string[], values: readonly unknown[]): Difference[] {
  if (isSame(values)) return [];
  if (values.every(isList)) {
    const found = columns(path, values as readonly (readonly Plain[])[]);
    if (found.length > 0) return found;
  }
  // Another optimizer is one difference, whatever its options are.
  const isWhole = path.length > 1 && !isSame(values.map((value) => isPlain(value) && memberOf(value)));
  if (isWhole || !values.every(isPlain)) return [{ path, texts: values.map((value) => textOf(value, values)) }];
  const keys = [...new Set((values as readonly Plain[]).flatMap(Object.keys))];
  return keys.flatMap((key) =>
    differencesAt(
      [...path, key],
      (values as readonly Plain[]).map((value) => value[key]),
    ),
  );
}

/** An option's name in that of a group: its own, with those that it lies in where another difference has the same. */
function labelsOf(differences: readonly Difference[]): string[] {
  const named = differences.map(({ path }) => {
    const last = path.at(-1)!;
    return names.includes(last) ? path.slice(1, -1) : path.slice(1);
  });
  const short = (path: readonly string[], length: number): string => path.slice(-length).join(".");
  return named.map((path, i) => {
    if (path.length === 0) return "model";
    for (let length = 1; length < path.length; length++)
      if (named.every((other, j) => i === j || short(other, length) !== short(path, length)))
        return short(path, length);
    return path.join(".");
  });
}

/** A config without the numbers that were fitted to data, such as the means of columns: nobody chose those. */
function withoutFitted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFitted);
  if (!isPlain(value)) return value;
  const { name } = value;
  if (preprocessNames.some((known) => known === name)) return { name };
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutFitted(part)]));
}

/** Without the first scales of normalisations where the estimators tell them: nobody chose those. */
function withoutFollowing(differences: readonly Difference[]): readonly Difference[] {
  const estimators = differences.find(({ path }) => path.at(-1) === "estimator")?.texts;
  if (!estimators) return differences;
  const follows = (texts: readonly string[]): boolean =>
    texts.every((text, i) => text === texts[estimators.indexOf(estimators[i]!)]);
  return differences.filter(({ path, texts }) => path.at(-1) !== "gain" || !follows(texts));
}

/** Options of data that are named only where nothing else tells two groups apart: a path is spelled in many ways. */
const places = ["file", "dir"];

function pick(data: Plain | undefined, isWanted: (key: string) => boolean): Plain {
  const kept = Object.entries(data ?? {}).filter(([key]) => isWanted(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, Array.isArray(value) ? [...value].sort() : value]));
}

/**
 * For each config, the options in which any of them differ, with their values: `{ estimator: "disarm", rate: "0.1" }`. They are the options that a
 * user gives. Where those are the same, the stages at each place tell the groups apart, then the files, the shapes of an input, and a number: `{ inputs: "version 2" }`.
 */
export function differing(configs: readonly Configs[]): Readonly<Record<string, string>>[] {
  const models = configs.map(({ model }) => withoutFitted(model));
  const among = (path: string, of: (config: Configs, i: number) => unknown) => differencesAt([path], configs.map(of));
  // What a training in a program was given isn't known: it is no difference to one in a folder.
  const isKnown = configs.every(({ data }) => data);
  const amongData = (isWanted: (key: string) => boolean) =>
    isKnown ? among("data", ({ data }) => pick(data, isWanted)) : [];
  const found = [
    ...withoutFollowing(
      withoutNamed(among("model", (_, i) => (isPlain(models[i]) ? { ...models[i], input: undefined } : models[i]))),
    ),
    ...among("training", ({ training }) => training),
    ...amongData((key) => !places.includes(key)),
  ];
  const further = [
    () => byPlace(models),
    () => amongData((key) => places.includes(key)),
    () => among("model", (_, i) => ({ input: isPlain(models[i]) ? models[i].input : undefined })),
    () => [{ path: ["data", "inputs"], texts: configs.map((_, i) => `version ${i + 1}`) }],
  ];
  const different = new Set(configs.map(({ model, training }) => JSON.stringify([model, training]))).size;
  const told = (i: number): string => JSON.stringify(found.map(({ texts }) => texts[i]));
  for (const more of further) if (new Set(configs.map((_, i) => told(i))).size < different) found.push(...more());
  const labels = labelsOf(found);
  return configs.map((_, i) => Object.fromEntries(found.map(({ texts }, j) => [labels[j]!, cut(texts[i]!, MOST)])));
}
