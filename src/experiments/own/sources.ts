import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fileError, readText } from "../../runs/index.ts";

/** What a file is made of: a checksum of it and of each file that it names in an import, and the versions of the packages. */
export type Sources = { readonly [name: string]: string };

/** Files that are looked at: a file may name a whole tree. */
const MOST = 10_000;
/** Endings that an import may omit, or that TypeScript writes for another one. */
const endings = ["", ".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];
const IMPORT = /\b(from|import|require|new\s+URL)\s*\(?\s*(["'`])([^"'`\n]+)\2/g;

/**
 * What the value of a function in a file depends on, as far as its text says: the file, those that it imports by a path, and those that these import;
 * of packages the version. Names are relative to the file's folder. Throws FileError where the file can't be read.
 * @param counts members of what the file exports whose number may be another one, where the text has each once: `points: 40`
 */
export async function sourcesOf(file: string, counts: readonly string[] = []): Promise<Sources> {
  const root = resolve(file);
  const [paths, packages] = [new Map<string, string>(), new Map<string, string>()];
  const open = [root];
  for (let path = open.pop(); path !== undefined && paths.size < MOST; path = open.pop()) {
    const bytes = await readFile(path).catch((error) => {
      throw fileError("read", path!, error);
    });
    const text = bytes.toString("utf8");
    const summed = path === root && counts.length > 0 ? withoutNumbers(text, counts) : bytes;
    paths.set(path, createHash("sha256").update(summed).digest("hex").slice(0, 32));
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue;
    for (const [, how, , name] of text.matchAll(IMPORT)) {
      const found = await pathOf(name!, path, how!.startsWith("new"));
      if (found === undefined) await addPackage(name!, path, packages);
      else if (!paths.has(found) && !open.includes(found)) open.push(found);
    }
  }
  const named = [...paths].map(([path, sum]) => [relative(dirname(root), path).replaceAll("\\", "/"), sum] as const);
  return Object.fromEntries([...named, ...packages].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A text without the number behind each member's name, where that comes once: of two, either could be meant. */
function withoutNumbers(text: string, members: readonly string[]): string {
  let rest = text;
  for (const member of members) {
    const all = [...rest.matchAll(new RegExp(`\\b${member}\\s*:\\s*(?:\\[[\\d_,\\s]*\\]|[\\d_]+)`, "g"))];
    if (all.length === 1) rest = rest.replace(all[0]![0], `${member}:`);
  }
  return rest;
}

/** The file that an import means; undefined where it is none that is there. */
async function pathOf(name: string, from: string, isBeside: boolean): Promise<string | undefined> {
  if (!isBeside && !/^(\.{1,2}\/|\/|file:)/.test(name) && !isAbsolute(name)) return undefined;
  const path = urlPath(name) ?? resolve(dirname(from), name);
  const typescript = path.replace(/\.([cm]?)js$/, ".$1ts");
  for (const one of [...endings.map((ending) => path + ending), typescript])
    if ((await stat(one).catch(() => undefined))?.isFile()) return one;
  return undefined;
}

function urlPath(name: string): string | undefined {
  try {
    return name.startsWith("file:") ? fileURLToPath(name) : undefined;
  } catch {
    return undefined;
  }
}

async function addPackage(name: string, from: string, packages: Map<string, string>): Promise<void> {
  const [, own] = /^((?:@[\w.-]+\/)?[\w.-]+)(?:\/|$)/.exec(name) ?? [];
  if (own === undefined || own.startsWith(".") || packages.has(own)) return;
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const text = await readText(join(folder, "node_modules", own, "package.json")).catch(() => undefined);
    const [, version] = /"version"\s*:\s*"([^"]+)"/.exec(text ?? "") ?? [];
    if (version !== undefined) return void packages.set(own, version);
    if (dirname(folder) === folder) return;
  }
}
