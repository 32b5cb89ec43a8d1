import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { files } from "./folder.ts";
import { isLocked } from "./lock.ts";

/**
 * Where a run stands: it has no config yet, a process works on it, it was stopped, or its training has ended. A run that is resumed after its end is
 * running.
 */
export type RunStage = "waiting" | "running" | "stopped" | "done";

/** What a run folder holds at a moment. */
export interface RunNow {
  readonly stage: RunStage;
  /** config.json; undefined where it isn't there. */
  readonly config: unknown;
  /** The lines of metrics.jsonl that are whole: a last one without a line feed is still being written. */
  readonly lines: readonly string[];
  /** result.json; undefined before the end. */
  readonly result: unknown;
}

/** Something that is read from a file, and read again when the file is another one. */
interface Reader<T> {
  read(): Promise<T>;
}

/** @param parse what becomes of the text; undefined stands for a file that isn't there */
function fileReader<T>(path: string, parse: (text: string | undefined) => T): Reader<T> {
  let known: { readonly mark: string; readonly value: T } | undefined;
  return {
    async read() {
      // A pipe would never end, and a link may lead out of the folder.
      const mark = await lstat(path).then(
        (found) => (found.isFile() ? `${found.size} ${found.mtimeMs} ${found.ino}` : ""),
        () => "",
      );
      if (known?.mark === mark) return known.value;
      const text = mark === "" ? undefined : await readFile(path, "utf8").catch(() => undefined);
      known = { mark, value: parse(text) };
      return known.value;
    },
  };
}

const linesIn = (text: string | undefined): readonly string[] => text?.split("\n").slice(0, -1) ?? [];

/** The value of a JSON text; undefined where it isn't one, or isn't there. */
function jsonIn(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads a run folder again and again while another process writes it. Nothing is taken in it: no lock, no file. A folder that isn't there, or is taken
 * away, is one that waits. What didn't change since the last reading is the same object.
 */
export function followRun(folder: string): Reader<RunNow> {
  const config = fileReader(join(folder, files.config), jsonIn);
  const lines = fileReader(join(folder, files.metrics), linesIn);
  const result = fileReader(join(folder, files.result), jsonIn);
  return {
    async read() {
      const held = await isLocked(folder);
      const now = { config: await config.read(), lines: await lines.read(), result: await result.read() };
      if (now.config === undefined) return { ...now, stage: "waiting" };
      return { ...now, stage: held ? "running" : now.result === undefined ? "stopped" : "done" };
    },
  };
}
