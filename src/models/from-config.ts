import type { CellMaker } from "../cells/index.ts";
import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { checkKeys, cut, show, suggestion } from "../rules.ts";
import type { Head } from "./head.ts";
import { type HeadMaker, heads } from "./heads/index.ts";
import type { Model } from "./model.ts";
import { type NetworkOptions, network } from "./network.ts";
import { checkDepth } from "./placed.ts";
import type { StageSpec } from "./stage.ts";
import { type StageMaker, stages } from "./stages/index.ts";

/** What a config may name beside the library's own: estimators, makers of stages and of heads by kind, and makers of cells by name. */
export interface Own {
  readonly estimators?: readonly Estimator[] | undefined;
  readonly stages?: Readonly<Record<string, StageMaker>> | undefined;
  readonly heads?: Readonly<Record<string, HeadMaker>> | undefined;
  readonly cells?: Readonly<Record<string, CellMaker>> | undefined;
}

const keys = [
  "name",
  "input",
  "inputSpikes",
  "preprocess",
  "field",
  "stages",
  "head",
  "trainingSamples",
  "recompute",
] as const;

/**
 * The network that a `config` of a network, read back from JSON, stands for. Throws UserError where it is none, and where it names a stage, a head or an
 * estimator that neither the library nor `own` has.
 */
export function modelFrom(config: unknown, own: Own = {}): Model {
  const given = object("network", config);
  checkKeys("network", given, keys);
  const {
    name = "network",
    input,
    inputSpikes,
    preprocess,
    field,
    stages: listed,
    head,
    trainingSamples,
    recompute,
  } = given;
  if (!Array.isArray(listed)) throw new UserError(`network: stages must be a list, received ${show(listed)}`);
  return network({
    name: String(name),
    input: input as NetworkOptions["input"],
    inputSpikes: inputSpikes as boolean | undefined,
    preprocess: preprocess as NetworkOptions["preprocess"],
    field: field as string | undefined,
    trainingSamples: trainingSamples as number | undefined,
    recompute: recompute as boolean | undefined,
    estimators: own.estimators,
    cells: own.cells,
    stages: listed.map((stage, i) => stageFrom(stage, own, `${name}: stages[${i}]`)),
    head: headFrom(head, own, `${name}: head`),
  });
}

/** The stage that its config stands for, with those in it. Throws UserError, naming `subject`, where neither the library nor `own` has one of its kind. */
export function stageFrom(config: unknown, own: Pick<Own, "stages">, subject: string, within = 0): StageSpec {
  checkDepth(subject, within);
  const given = object(subject, config);
  const { kind, stages: inside } = given;
  const isAround = Array.isArray(inside) && !Object.hasOwn(own.stages ?? {}, String(kind));
  const options = isAround
    ? { ...given, stages: inside.map((stage, i) => stageFrom(stage, own, `${subject}.stages[${i}]`, within + 1)) }
    : given;
  return made<StageSpec>({ ...stages, ...own.stages }, options, subject, "stages");
}

/** The head that its config stands for. Throws UserError, naming `subject`, where neither the library nor `own` has one of its kind. */
export const headFrom = (config: unknown, own: Pick<Own, "heads">, subject: string): Head =>
  made<Head>({ ...heads, ...own.heads }, config, subject, "heads");

function made<T>(
  makers: Readonly<Record<string, (config: never) => T>>,
  config: unknown,
  subject: string,
  option: keyof Own,
): T {
  const { kind, ...options } = object(subject, config);
  const known = Object.keys(makers);
  if (typeof kind !== "string" || !Object.hasOwn(makers, kind))
    throw new UserError(
      `${subject}: kind must be one of ${known.join(", ")}${suggestion(kind, known)}, received ${show(kind)}; pass one of your own as { ${option}: { ${typeof kind === "string" ? cut(kind) : "kind"}: … } }`,
    );
  const make = makers[kind] as (config: object) => T;
  return make(options);
}

function object(subject: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${subject} must be an object, received ${show(value)}`);
  return value as Readonly<Record<string, unknown>>;
}
