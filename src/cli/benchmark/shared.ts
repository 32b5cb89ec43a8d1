import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { backendNames } from "../../backends/select.ts";
import { UserError } from "../../errors.ts";
import { type EstimatorConfig, estimatorFamily } from "../../estimators/index.ts";
import type { Store } from "../../experiments/autoencoder/run.ts";
import { resolveSpec } from "../../options/index.ts";
import { numberOrText, parseSpecs } from "../../options/text.ts";
import { checkChoice, checkNumber, type NumberRule } from "../../rules.ts";
import { ensureFolder, fileError, files, readText, writeAtomically } from "../../runs/index.ts";

/** One estimator of a comparison: how it was asked for, which is its name in tables and folders, and what that means. */
export interface Contestant {
  readonly label: string;
  readonly config: EstimatorConfig;
}

/** Reads `disarm,leave-one-out:samples=4`. Throws UserError for a name or an option that doesn't exist, and for one that comes twice. */
export function contestants(subject: string, text: string): Contestant[] {
  const found = parseSpecs(text, estimatorFamily).map((spec): Contestant => {
    const config = resolveSpec(`${subject}: --estimators`, estimatorFamily, spec);
    if (typeof config === "string") return { label: config, config };
    const { name, ...options } = config;
    const given = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    return { label: `${name}:${given.join(",")}`, config };
  });
  const twice = found.find(({ label }, i) => found.findIndex((other) => other.label === label) !== i);
  if (twice) throw new UserError(`${subject}: --estimators names each once, received ${twice.label} twice`);
  return found;
}

/** A flag's number. Throws UserError where it isn't one or breaks the rule. */
export function numberFlag(subject: string, flag: string, text: string | undefined, usual: number, rule: NumberRule) {
  if (text === undefined) return usual;
  const value = numberOrText(text);
  checkNumber(`${subject}: --${flag}`, value, rule);
  return value;
}

export interface MachineFlags {
  readonly backend?: string;
  readonly threads?: string;
}

/** The backend that the flags name; one thread when none is: the networks are too small to gain from more. */
export function machineOf(subject: string, flags: MachineFlags) {
  const name = flags.backend ?? "auto";
  checkChoice(`${subject}: --backend`, name, backendNames);
  return { name, threads: numberFlag(subject, "threads", flags.threads, 1, { whole: true, atLeast: 1, atMost: 64 }) };
}

/**
 * A folder for a benchmark: a new one, or that of the same benchmark, whose parts are gone on with.
 * Throws UserError where it holds another.
 */
export async function benchmarkFolder(subject: string, path: string, plan: object): Promise<void> {
  const file = join(path, "plan.json");
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  await ensureFolder(path);
  const before = await readText(file);
  if (before !== undefined && before !== text)
    throw new UserError(`${subject}: ${path} holds another benchmark (see plan.json in it): choose another folder`);
  if (before === undefined) await writeAtomically(file, text);
}

/** A label as the name of a folder: arms:samples=4 → arms-samples-4. */
export const folderOf = (label: string): string => label.replaceAll(/[^a-z0-9.]+/gi, "-");

/** The checkpoint in a folder below the benchmark's. */
export function storeIn(folder: string): Store {
  const name = join(folder, files.checkpoint);
  return {
    name,
    load: () =>
      readFile(name).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw fileError("read", name, error);
      }),
    async save(checkpoint) {
      await ensureFolder(folder);
      await writeAtomically(name, checkpoint);
    },
  };
}

/** How many times as large; "∞" against nothing. */
export const times = (ratio: number): string => (ratio < 1e6 ? ratio.toFixed(2) : "∞");
