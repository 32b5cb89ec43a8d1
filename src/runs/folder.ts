import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { fileError, removeFile, temporaryEnd, writeAtomically } from "./atomic.ts";
import { appendWhole, bytesIn } from "./growing.ts";
import { refuseLinks } from "./links.ts";
import { isLock, type Lock, lockFolder } from "./lock.ts";
import { ensureFolder } from "./make-folder.ts";

export const files = {
  config: "config.json",
  metrics: "metrics.jsonl",
  checkpoint: "checkpoint.safetensors",
  /** Of a training that has ended. */
  result: "result.json",
} as const;

/**
 * The folder of one training run: config.json, metrics.jsonl (a line per epoch), checkpoint.safetensors. It is locked for this process
 * until it is closed, and stays the same folder where the process changes its directory.
 */
export interface RunFolder {
  /** As it was given. */
  readonly path: string;
  /** Aborted when another process has taken the folder since; nothing is written any more then, but FileError thrown. */
  readonly lost: AbortSignal;
  /** Adds a line to metrics.jsonl. */
  append(metrics: object): Promise<void>;
  /** Replaces metrics.jsonl: after a resume it must hold what the checkpoint knows, and nothing later. */
  rewrite(metrics: readonly object[]): Promise<void>;
  save(checkpoint: Uint8Array): Promise<void>;
  /** Writes the numbers of a training that is done. */
  finish(result: object): Promise<void>;
  /** The last checkpoint; undefined where the run ended before its first. */
  load(): Promise<Uint8Array | undefined>;
  /** Releases the folder. */
  close(): Promise<void>;
}

/**
 * Makes a run folder and writes its config. An empty folder is taken as it is, and so is one whose run ended before its first
 * checkpoint: nothing is lost there, and the run is begun again.
 * Throws UserError where a file, another run or another process is in the way, or the folder can't be written.
 */
export async function createRun(path: string, config: unknown): Promise<RunFolder> {
  const at = resolve(path);
  await ensureFolder(path);
  const lock = await lockFolder(at);
  try {
    const found = await contents(path);
    if (found.includes(files.checkpoint))
      throw new UserError(`runs: ${path} holds a run already: resume it, or choose another folder`);
    const others = found.filter((name) => name !== files.config && !name.endsWith(temporaryEnd));
    if (others.length > 0)
      throw new UserError(`runs: a new run needs an empty folder, ${path} holds ${others.slice(0, 3).join(", ")}`);
    await refuseLinks(at, { deep: true });
    await clear(at, found);
    await writeAtomically(join(at, files.config), `${JSON.stringify(config, null, 2)}\n`);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return runAt(path, at, lock);
}

/** Opens the folder of a run to continue it. Throws UserError where there is none, where it holds links, or another process has it. */
export async function openRun(path: string): Promise<RunFolder> {
  const at = resolve(path);
  const found = await contents(path, "resume");
  if (![files.config, files.checkpoint].some((name) => found.includes(name)))
    throw new UserError(`runs: ${path} can't be resumed, it is no folder of a run: it has no ${files.config}`);
  await refuseLinks(at, { deep: true });
  const lock = await lockFolder(at);
  try {
    await clear(at, found);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return runAt(path, at, lock);
}

/** The files of a folder without locks. */
const contents = async (path: string, verb = "read"): Promise<string[]> => {
  const found = await readdir(path).catch((error) => {
    throw fileError(verb, path, error);
  });
  return found.filter((name) => !isLock(name));
};

/** Takes away what a killed process was writing in a folder that is this process's; does nothing where there is none. */
export async function clearUnfinished(path: string): Promise<void> {
  const found = await readdir(path).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw fileError("read", path, error);
  });
  await clear(path, found);
}

/** Takes away what a killed process was writing. */
async function clear(path: string, found: readonly string[]): Promise<void> {
  for (const name of found) if (name.endsWith(temporaryEnd)) await removeFile(join(path, name));
}

/** Whether a run can be resumed there. What ended before its first checkpoint is begun again. */
export function checkpointIn(path: string): Promise<boolean> {
  const file = join(path, files.checkpoint);
  return stat(file).then(
    () => true,
    (error) => {
      if (error.code === "ENOENT") return false;
      throw fileError("read", file, error);
    },
  );
}

/** The last checkpoint in a run folder; undefined where there is none. */
export const lastCheckpoint = (path: string): Promise<Uint8Array | undefined> => bytesIn(join(path, files.checkpoint));

function runAt(path: string, folder: string, lock: Lock): RunFolder {
  const at = (name: keyof typeof files): string => join(folder, files[name]);
  const line = (metrics: object): string => `${JSON.stringify(metrics)}\n`;
  const own = async (write: () => Promise<void>): Promise<void> => {
    await lock.check();
    await write();
  };
  return {
    path,
    lost: lock.lost,
    append: (metrics) => own(() => appendWhole(at("metrics"), line(metrics))),
    rewrite: (metrics) => own(() => writeAtomically(at("metrics"), metrics.map(line).join(""))),
    save: (checkpoint) => own(() => writeAtomically(at("checkpoint"), checkpoint)),
    finish: (result) => own(() => writeAtomically(at("result"), `${JSON.stringify(result, null, 2)}\n`)),
    load: () => lastCheckpoint(folder),
    close: () => lock.release(),
  };
}
