import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { fileError, kindOf, temporaryEnd, writeAtomically } from "./atomic.ts";

export const files = {
  config: "config.json",
  metrics: "metrics.jsonl",
  checkpoint: "checkpoint.safetensors",
} as const;

/** The folder of one training run: config.json, metrics.jsonl (a line per epoch), checkpoint.safetensors. */
export interface RunFolder {
  readonly path: string;
  /** Adds a line to metrics.jsonl. */
  append(metrics: object): Promise<void>;
  /** Replaces metrics.jsonl: after a resume it must hold what the checkpoint knows, and nothing later. */
  rewrite(metrics: readonly object[]): Promise<void>;
  save(checkpoint: Uint8Array): Promise<void>;
  load(): Promise<Uint8Array>;
}

/**
 * Makes a run folder and writes its config. An empty folder is taken as it is.
 * Throws UserError where a file or another run is in the way, or the folder can't be written.
 */
export async function createRun(path: string, config: unknown): Promise<RunFolder> {
  try {
    await makeFolder(path);
  } catch (error) {
    throw fileError("create", path, error);
  }
  const found = await readdir(path).catch((error) => {
    if (error.code === "ENOTDIR") throw new UserError(`runs: ${path} must be a folder, it is a file`);
    throw fileError("read", path, error);
  });
  if (found.includes(files.config))
    throw new UserError(`runs: ${path} holds a run already: resume it, or choose another folder`);
  if (found.length > 0)
    throw new UserError(`runs: a new run needs an empty folder, ${path} holds ${found.slice(0, 3).join(", ")}`);
  await writeAtomically(join(path, files.config), `${JSON.stringify(config, null, 2)}\n`);
  return runAt(path);
}

/** Makes a folder and those above it. Node's own recursive mkdir never returns where a file system refuses with ENOENT. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** Opens the folder of a run to continue it. Throws UserError where there is no checkpoint. */
export async function openRun(path: string): Promise<RunFolder> {
  const found = await readdir(path).catch((error) => {
    throw fileError("resume", path, error);
  });
  if (!found.includes(files.checkpoint))
    throw new UserError(`runs: ${path} can't be resumed, it has no ${files.checkpoint}`);
  // What a killed process was writing.
  for (const name of found) if (name.endsWith(temporaryEnd)) await rm(join(path, name), { force: true });
  return runAt(path);
}

function runAt(path: string): RunFolder {
  const at = (name: keyof typeof files): string => join(path, files[name]);
  const line = (metrics: object): string => `${JSON.stringify(metrics)}\n`;
  return {
    path,
    append: (metrics) =>
      appendFile(at("metrics"), line(metrics)).catch((error) => {
        throw fileError("write", at("metrics"), error);
      }),
    rewrite: (metrics) => writeAtomically(at("metrics"), metrics.map(line).join("")),
    save: (checkpoint) => writeAtomically(at("checkpoint"), checkpoint),
    load: () =>
      readFile(at("checkpoint")).catch((error) => {
        throw fileError("read", at("checkpoint"), error);
      }),
  };
}

/** Makes a folder, and those above it, where there is none. Throws UserError where a file is in the way or the system refuses. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    throw fileError("create", path, error);
  }
  const found = await stat(path).catch((error) => {
    throw fileError("read", path, error);
  });
  if (!found.isDirectory()) throw new UserError(`runs: ${path} must be a folder, it is ${kindOf(found)}`);
}
