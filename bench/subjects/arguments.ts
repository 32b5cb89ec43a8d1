import { UserError } from "../../src/errors.ts";
import { backendNames, listOptions, positive, seconds, split, threadCounts, writable } from "../arguments.ts";
import { subjects } from "./index.ts";
import type { SubjectOptions } from "./subject.ts";

export interface SubjectArguments extends SubjectOptions {
  name: string;
  /** Whether the backends were named: then each must run. */
  backendsAsked: boolean;
  json?: string;
  /** The command line that says the same. */
  command: string;
}

/**
 * The arguments of a subject, undefined where the first word is none. Throws UserError for an option that the subject has
 * no use for, or a value that doesn't fit. `cores` limits the usual thread counts.
 */
export function parseSubject(args: readonly string[], cores: number): SubjectArguments | undefined {
  const { values, positionals } = split(args);
  const [name, ...sizes] = positionals;
  if (values.help || name === undefined || !Object.hasOwn(subjects, name)) return undefined;
  const { usual, lists: readers = {} } = subjects[name]!;
  const given: Readonly<Record<keyof typeof usual, unknown>> = {
    threads: values.threads,
    backends: values.backend,
    seconds: values.seconds,
    peers: values.peers,
    sizes: sizes[0],
    cell: values.cell,
  };
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || key in usual) continue;
    if (key === "sizes") throw new UserError(`${name} takes no size; received ${sizes.join(" ")}`);
    throw new UserError(`${name} has no use for --${key === "backends" ? "backend" : key}; received ${value}`);
  }
  const lists: Record<string, readonly number[]> = {};
  for (const option of listOptions) {
    const text = values[option];
    if (text === undefined) continue;
    if (!Object.hasOwn(readers, option)) throw new UserError(`${name} has no use for --${option}; received ${text}`);
    lists[option] = readers[option]!(`--${option}`, text);
  }
  const usualThreads = (usual.threads ?? [1]).map((count) => Math.min(count, cores));
  const options: SubjectArguments = {
    name,
    sizes: sizes.length > 0 ? sizes : (usual.sizes ?? []),
    threads: values.threads === undefined ? [...new Set(usualThreads)] : threadCounts(values.threads),
    backends: values.backend === undefined ? (usual.backends ?? []) : backendNames(values.backend),
    backendsAsked: values.backend !== undefined,
    peers: values.peers ?? false,
    seconds: values.seconds === undefined ? (usual.seconds ?? 0) : seconds(values.seconds),
    rounds: values.rounds === undefined ? 5 : positive("--rounds", values.rounds),
    lists,
    command: ["npm run bench --", ...args].join(" "),
  };
  const cell = values.cell ?? usual.cell;
  if (cell !== undefined) options.cell = cell;
  if (values.python !== undefined) options.python = values.python;
  if (values.json !== undefined) options.json = writable(values.json);
  return options;
}
