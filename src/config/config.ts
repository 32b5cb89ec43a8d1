import { type DataConfig, datasetFamily } from "../data/options.ts";
import { UserError } from "../errors.ts";
import { type ModelConfig, modelFamily } from "../models/options.ts";
import { resolveGated } from "../models/stages/gated/config.ts";
import { nearest } from "../nearest.ts";
import {
  type AnyFamily,
  configError,
  group,
  type Mistake,
  namesOf,
  type Option,
  type Options,
  readOptions,
  readSpec,
  received,
  searched,
  spec,
} from "../options/index.ts";
import { show } from "../rules.ts";
import { readTraining, type TrainingConfig, trainingOptions } from "../train/config.ts";
import { type MachineConfig, machineOptions } from "./machine.ts";

/** A whole run, as JSON: what flags and files are resolved to, and what a run folder keeps. */
export interface RunConfig {
  readonly data: DataConfig;
  readonly model: ModelConfig;
  readonly training: TrainingConfig;
  readonly machine: MachineConfig;
}

/** The groups of a config with their options: what a file, the flags and the documentation are made of. */
export const sections = {
  data: spec(datasetFamily, "a data set, as copy:seed=1, a.csv, ./photos", {
    ...{ default: { name: "mnist" }, flag: "--data <name>" },
  }),
  model: spec(modelFamily, `a network: ${namesOf(modelFamily).join(", ")}`, {
    default: { name: "mlp" },
    flag: "--model <name>",
  }),
  training: group(trainingOptions, "how it is trained"),
  machine: group(machineOptions, "where it runs"),
} satisfies { readonly [K in keyof RunConfig]: Option };

/**
 * A config with the defaults in the places of what it omits, and with the tables' own names for aliases.
 * Throws UserError with a line `path: rule, received value` for each mistake; `name` says where the config comes from.
 */
export function resolveConfig(given: unknown, name: string): RunConfig {
  const mistakes: Mistake[] = [];
  const config = isObject(given) ? read(given, mistakes) : undefined;
  if (config === undefined) mistakes.push({ path: [], text: received("must be an object", given) });
  if (config === undefined || mistakes.length > 0) throw configError(name, mistakes);
  return config;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function read(given: Readonly<Record<string, unknown>>, mistakes: Mistake[]): RunConfig {
  const member = (section: "data" | "model"): unknown => {
    const { family, default: standard } = sections[section];
    const own = given[section] === undefined ? {} : given[section];
    if (isObject(own)) return readSpec(family, { ...standard, ...own }, mistakes, { path: [section], fill: true });
    const example = typeof own === "string" ? `: { "${section}": { "name": ${show(own)} } }` : " with a name";
    mistakes.push({ path: [section], text: received(`must be an object${example}`, own) });
    return {};
  };
  const data = member("data") as DataConfig;
  const model = member("model") as ModelConfig;
  if (mistakes.length === 0) checkGated(model, mistakes);
  const training = readTraining(given.training ?? {}, mistakes, { path: ["training"] });
  const machine = readOptions(machineOptions, given.machine ?? {}, mistakes, { path: ["machine"], fill: true });
  for (const key of Object.keys(given))
    if (!Object.hasOwn(sections, key)) mistakes.push(searched([key], () => misplaced(key)));
  return { data, model, training, machine: machine as MachineConfig };
}

/** What a layer's options say together; what it reads and the last one's output, the class scores, are known with the data. */
function checkGated(model: ModelConfig, mistakes: Mistake[]): void {
  if (model.name !== "gated-mlp") return;
  const { gated = [] } = model;
  for (const [i, layer] of gated.entries())
    try {
      resolveGated(layer, "", { input: undefined, output: i === gated.length - 1 ? (layer.output ?? 1) : undefined });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const [, option, text] = /^\.(\w+):? (.*)$/s.exec(error.message) ?? [];
      const path = ["model", "gated", i, ...(option === undefined ? [] : [option])];
      mistakes.push({ path, text: text ?? error.message });
    }
}

/** Keys that a config without groups had under another name. */
const renamed: Readonly<Record<string, readonly [section: string, key: string]>> = { dataDir: ["data", "dir"] };

/** Every key of a group with the group, once somebody asks: a config may have thousands of mistakes. */
let places: (readonly [section: string, key: string])[] | undefined;

/** What to say of a key that is none of the groups: where it belongs, or what was likely meant. */
function misplaced(key: string): string {
  places ??= Object.entries<Option>(sections).flatMap(([section, option]) =>
    keysOf(option).map((known) => [section, known] as const),
  );
  const place = Object.hasOwn(renamed, key) ? renamed[key] : places.find(([, known]) => known === key);
  if (place) return `belongs to ${place[0]}: { "${place[0]}": { "${place[1]}": … } }`;
  const names = Object.keys(sections);
  const meant = nearest(key, [...names, ...places.map(([, known]) => known)]);
  const where = places.find(([, known]) => known === meant);
  const dotted = names.includes(meant ?? "") || !where ? meant : where.join(".");
  return `there is no such option, ${dotted === undefined ? `the groups are ${names.join(", ")}` : `did you mean ${dotted}?`}`;
}

const membersOf = (family: AnyFamily): Options[] =>
  Object.values(family.members).map(({ options }) => ({ ...family.common, ...options }));

const keysOf = (option: Option): string[] => {
  if (option.kind === "group") return Object.keys(option.options);
  return option.kind === "spec" ? [...new Set(membersOf(option.family).flatMap(Object.keys))] : [];
};

/** The config of which nothing was said. */
export const defaultConfig: RunConfig = resolveConfig({}, "config");
