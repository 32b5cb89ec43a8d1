import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { readText } from "../../runs/index.ts";
import { sourcesOf } from "./sources.ts";
import { thrownBy } from "./thrown.ts";

/** Milliseconds that a file may take to load. */
const LOADING_MS = 60_000;
/** Objects and lists within each other. */
const DEEPEST = 100;

/**
 * What a file exports as its default, or is as JSON. Of plain objects and lists it gives copies, which stay as they are. Throws UserError, naming
 * the command, where the file can't be read, and whatever its code does.
 */
export async function readGiven(command: string, path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) throw new UserError(`${command}: cannot read ${path}: it doesn't exist`);
  if (path.endsWith(".json")) return parseJson(text, path);
  const module = await imported(command, path);
  try {
    if (module.default !== undefined) return plain(module.default);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${path}: ${error.message}`);
    throw new UserError(`${path}: what it exports can't be read: ${thrownBy(resolve(path), error)}`);
  }
  throw new UserError(`${path}: must export an object as its default: export default { … }`);
}

async function imported(command: string, path: string): Promise<{ readonly default?: unknown }> {
  // A file may end the process, or wait for nothing more that could happen: nobody else would say so.
  const onExit = (): void => {
    process.exitCode = 1;
    writeSync(2, `heaviside: ${command}: cannot load ${path}: ${ENDED}\n`);
  };
  process.once("exit", onExit);
  try {
    return await inTime(import(pathToFileURL(path).href), `${command}: cannot load ${path}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${command}: cannot load ${path}: ${await hintOf(error, resolve(path))}`);
  } finally {
    process.off("exit", onExit);
  }
}

const ENDED = "the process ended before that: it must not call process.exit, or await what never comes";

function inTime<T>(loading: Promise<T>, subject: string): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new UserError(`${subject}: an await in it takes longer than ${LOADING_MS / 1000} seconds`));
      // What the file waits for would keep the process for ever.
      setTimeout(() => process.exit(1), 1000).unref();
    }, LOADING_MS).unref();
    const loaded = (): void => clearTimeout(timer);
    loading.then(loaded, loaded);
  });
  return Promise.race([loading, late]);
}

async function hintOf(error: unknown, path: string): Promise<string> {
  if ((error as { readonly code?: unknown } | null | undefined)?.code === "ERR_UNKNOWN_FILE_EXTENSION")
    return "this Node reads no TypeScript: name the file .mjs, or take Node 22.18 or newer";
  const said = thrownBy(path, error);
  return error instanceof SyntaxError && !/\(.*:\d+\)$/.test(said) ? `${said}${await syntaxIn(path)}` : said;
}

/** Where a file, or one that it imports, is no JavaScript: the engine tells that only to its terminal. */
async function syntaxIn(path: string): Promise<string> {
  const names = await sourcesOf(path).then(Object.keys, () => []);
  for (const name of names.filter((name) => /\.[cm]?js$/.test(name))) {
    const file = join(path, "..", name);
    const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8", timeout: 10_000 });
    const [, line] = /:(\d+)\n/.exec(stderr ?? "") ?? [];
    if (line !== undefined && stderr.includes("SyntaxError")) return ` (${name}:${line})`;
  }
  return "";
}

/** A copy of plain objects and lists: what a getter gives may be another thing the next time. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) throw new UserError(`must not be nested deeper than ${DEEPEST} levels, or contain itself`);
  if (Array.isArray(value)) return Array.from(value as readonly unknown[], (one) => plain(one, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, depth + 1)]));
}
