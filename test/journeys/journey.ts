import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** What a user does, step by step, in a folder of his own. */
export interface Journey {
  readonly folder: string;
  /** Does one thing and prints how long it took. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** Runs a program in the folder, or in another one, and gives what it printed. Throws where it fails. */
  run(command: string, args: readonly string[], cwd?: string): Promise<string>;
}

/** Runs a journey in a new folder, which is removed after it. A step that fails ends it with exit code 1. */
export async function journey(who: string, walk: (journey: Journey) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "heaviside-journey-"));
  const start = performance.now();
  const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const before = performance.now();
    const done = await work();
    console.log(`${who}: ${title}: ${seconds(before)}`);
    return done;
  };
  const run = async (command: string, args: readonly string[], cwd = folder): Promise<string> => {
    const { stdout } = await promisify(execFile)(command, [...args], { cwd, maxBuffer: 1 << 26 });
    return stdout;
  };
  try {
    await walk({ folder, step, run });
    console.log(`${who}: all of it: ${seconds(start)}`);
  } catch (error) {
    console.error(`${who}: failed after ${seconds(start)}\n${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws unless the text has what a user would look for in it. */
export function checkText(what: string, text: string, wanted: RegExp): void {
  if (!wanted.test(text)) throw new Error(`${what} doesn't have ${wanted}:\n${text.slice(0, 2000)}`);
}
