import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import * as fastCheck from "fast-check";
import { expect } from "vitest";
import * as full from "../../../test/support/full.ts";
import * as errors from "../../errors.ts";
import * as graph from "../../graph/index.ts";
import * as nearest from "../../nearest.ts";
import * as random from "../../random/index.ts";
import * as randomKey from "../../random/key.ts";
import * as rules from "../../rules.ts";

/** A change of a source file by its text, which must occur exactly once. `file` is relative to src/. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

interface CollectedTest {
  readonly title: string;
  readonly run: () => unknown;
}

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** What stays as it is, and is shared: a tensor of one copy of the graph would not be one of another. */
const SHARED: Readonly<Record<string, unknown>> = {
  "errors.ts": errors,
  "graph/index.ts": graph,
  "random/index.ts": random,
  "random/key.ts": randomKey,
  "nearest.ts": nearest,
  "rules.ts": rules,
  "../test/support/full.ts": full,
  "fast-check": { __esModule: true, default: fastCheck.default },
};

const compiled = new Map<string, string>();

/** A TypeScript module as the body of a function of `require` and `module`. */
function compile(source: string): string {
  let code = compiled.get(source);
  if (code === undefined) {
    code = transformSync(source, { loader: "ts", format: "cjs", target: "es2022" }).code;
    compiled.set(source, code);
  }
  return code;
}

function mutate(source: string, { file, from, to }: Mutation): string {
  const count = source.split(from).length - 1;
  if (count !== 1) throw new Error(`mutant: ${file} has ${count} of ${JSON.stringify(from)}, needs exactly one`);
  return source.replace(from, () => to);
}

interface Loaded {
  readonly exports: unknown;
  /** The modules that it imports, itself and through others. */
  readonly reaches: ReadonlySet<string>;
}

/** Modules as they are in the source: a mutant takes those that don't import the changed one. */
const unchanged = new Map<string, Loaded>();
/** Where `test` of the file that is being loaded puts its tests. */
let collected: CollectedTest[] = [];
const vitest = { expect, test: (title: string, run: () => unknown) => collected.push({ title, run }) };

function load(file: string, loaded: Map<string, Loaded>, mutation?: Mutation): Loaded {
  const before = loaded.get(file);
  if (before) return before;
  const module = { exports: {} as unknown };
  const reaches = new Set([file]);
  const known = {
    get exports() {
      return module.exports;
    },
    reaches,
  };
  loaded.set(file, known);
  const source = readFileSync(resolve(SRC, file), "utf8");
  const code = compile(mutation?.file === file ? mutate(source, mutation) : source);
  const require = (specifier: string): unknown => {
    if (specifier === "vitest") return vitest;
    const path = specifier.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), specifier)) : specifier;
    if (path in SHARED) return SHARED[path];
    if (!/^(estimators|laws|optimizers|options|statistics)\//.test(path))
      throw new Error(`mutant: ${file} imports ${specifier}, which the loader doesn't know`);
    const imported = load(path, loaded, mutation);
    for (const reached of imported.reaches) reaches.add(reached);
    return imported.exports;
  };
  new Function("require", "module", code)(require, module);
  return known;
}

const originals = new Map<string, readonly CollectedTest[]>();

/** The tests of a test file without a change, loaded once. */
export function testsOf(testFile: string): readonly CollectedTest[] {
  const known = originals.get(testFile);
  if (known) return known;
  collected = [];
  load(testFile, unchanged);
  originals.set(testFile, collected);
  return collected;
}

/**
 * The tests of a test file with one of the modules below src/estimators, src/laws, src/optimizers, src/options and src/statistics
 * changed: it is loaded afresh, as are all that import it, themselves or through others.
 */
export function testsWith(mutation: Mutation, testFile: string): readonly CollectedTest[] {
  testsOf(testFile);
  if (!unchanged.get(testFile)!.reaches.has(mutation.file))
    throw new Error(`mutant: ${testFile} doesn't load ${mutation.file}`);
  collected = [];
  load(testFile, new Map([...unchanged].filter(([, { reaches }]) => !reaches.has(mutation.file))), mutation);
  return collected;
}

/** The title of the first test that fails, or undefined when all pass. */
export async function firstFailure(tests: readonly CollectedTest[]): Promise<string | undefined> {
  for (const { title, run } of tests)
    try {
      await run();
    } catch {
      return title;
    }
  return undefined;
}
