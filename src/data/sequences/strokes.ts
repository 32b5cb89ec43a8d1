import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { show } from "../../rules.ts";
import type { DataSource } from "../dataset.ts";
import { readText, refusePlatform } from "../find.ts";
import { folderOf } from "../package.ts";
import { type Drawing, type PenDataset, type PenOptions, type Point, penDataset } from "./pen.ts";

export interface StrokesOptions extends PenOptions {
  /** Which characters, one after another (default: all that are there). */
  readonly characters?: string | undefined;
  /** Folder with a JSON file for each character (default: that of the package hanzi-writer-data). */
  readonly dir?: string | undefined;
}

const hint =
  "; install it with `npm install hanzi-writer-data`, or name a folder that has its files with --data-dir FOLDER";
/** Units of the character's square, which has 1024 by 1024. */
const SPACING = 64;
/** In the package's files y grows upwards, from a line at this height. */
const TOP = 900;
/** Files that are read at a time. */
const FILES = 64;

/** Chinese characters in the order that they are written in, from the data of an npm package unless --data-dir names a folder. */
export const strokesFrom = (packageName: string): DataSource<StrokesOptions, PenDataset> => ({
  name: "strokes",
  summary: "the pen's way through Chinese characters, from hanzi-writer-data",
  options: ["characters", "spacing", "steps", "limit", "splitSeed", "dir"],
  async load({ characters, dir, spacing = SPACING, ...options }) {
    const folder = dir ?? (await folderOf(packageName, "", hint));
    const names = await charactersIn(folder, characters);
    const drawings: Drawing[] = [];
    for (let from = 0; from < names.length; from += FILES)
      drawings.push(...(await Promise.all(names.slice(from, from + FILES).map((name) => readCharacter(folder, name)))));
    const groups = drawings.map((drawing) => [drawing]);
    return penDataset("strokes", groups, { spacing, ...options }, "characters");
  },
});

/** Strokes of 9,574 characters as the middle line of each. Make Me a Hanzi, derived from fonts of Arphic Technology (Arphic Public License). */
export const strokes = strokesFrom("hanzi-writer-data");

/** The characters that are asked for, in the order of their code points. */
async function charactersIn(folder: string, asked: string | undefined): Promise<string[]> {
  const { readdir } = await import("node:fs/promises").catch(refusePlatform);
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
    throw new UserError(`data: ${folder} ${reason ?? `cannot be read (${error.message})`}${hint}`);
  });
  const there = files.flatMap((file) => /^(.)\.json$/su.exec(file)?.[1] ?? []);
  if (there.length === 0) throw new UserError(`data: ${folder} has no file of a character, such as 永.json${hint}`);
  const known = new Set(there);
  const wanted = asked === undefined ? there : [...new Set(asked)];
  const missing = wanted.filter((character) => !known.has(character));
  if (missing.length > 0)
    throw new UserError(
      `data: strokes: characters must be some of the ${there.length} that ${folder} has, received ${show(missing.join(""))}`,
    );
  return wanted.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
}

async function readCharacter(folder: string, character: string): Promise<Drawing> {
  const { join } = await import("node:path");
  const path = join(folder, `${character}.json`);
  const medians = mediansIn(await readText(path), path);
  if (!Array.isArray(medians) || medians.length === 0 || !medians.every(isLine))
    throw new UserError(
      `data: ${path} must have medians, a list of points [x, y] for each stroke, received ${show(medians)}`,
    );
  return { name: path, lines: medians.map((line) => line.map(([x, y]) => [x, TOP - y])) };
}

function mediansIn(text: string, path: string): unknown {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Ten times as slow, for what it says of the mistake.
    content = parseJson(text, path);
  }
  return typeof content === "object" && content !== null && "medians" in content ? content.medians : undefined;
}

const isLine = (line: unknown): line is Point[] =>
  Array.isArray(line) &&
  line.length > 0 &&
  line.every((point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite));
