import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import ts from "typescript";
import { install } from "./installed.ts";
import { root } from "./repository.ts";

/** A fenced block of a page: ` ```ts ignore ` has the language `ts` and the word `ignore`. */
export interface Block {
  readonly page: string;
  /** Line of the block's first line, from 1. */
  readonly line: number;
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

export function blocksOf(page: string, markdown: string): Block[] {
  const fenced = markdown.matchAll(/^( *)```([^\n`]*)\n([\s\S]*?)^\1```[ \t]*$/gm);
  return Array.from(fenced, (match) => {
    const [, indent = "", info = "", text = ""] = match;
    const [language = "", ...words] = info.trim().split(/\s+/);
    const line = markdown.slice(0, match.index).split("\n").length + 1;
    return { page, line, language, words, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
}

/** What a block says it prints: the comments `// → text` and `// ≈ text`, at the end of a line or on lines of their own, in order. */
export const expectedOutput = (text: string): string[] =>
  Array.from(text.matchAll(/\/\/ (?:→ |(?=≈ ))(.*)$/gm), ([, line]) => line!.trimEnd());

const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;
/** Numbers of what is trained differ a little from processor to processor. */
const near = (number: string, expected: string): boolean =>
  Math.abs(Number(number) - Number(expected)) <= Number(expected) / 2;

/**
 * Whether a printed line is the expected one: literally, with `…` for anything, as a `/regular expression/`, or after `≈ ` with numbers that are
 * within half of those expected.
 */
export function outputMatches(line: string, expected: string): boolean {
  if (expected.startsWith("≈ ")) {
    const about = expected.slice(2);
    const [given, wanted] = [line.match(NUMBER) ?? [], about.match(NUMBER) ?? []];
    const sameText = line.replaceAll(NUMBER, "0") === about.replaceAll(NUMBER, "0");
    return sameText && given.every((number, i) => near(number, wanted[i]!));
  }
  if (/^\/.+\/$/.test(expected)) return new RegExp(expected.slice(1, -1)).test(line);
  const literals = expected.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`^${literals.join(".*")}$`).test(line);
}

/**
 * A project of its own, outside of the checkout, that depends on heaviside as a user's would, and holds one module for
 * each block.
 */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "heaviside-blocks-")));
  readonly #files = new Map<string, ts.SourceFile>();

  constructor() {
    install(this.folder);
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }\n');
  }

  /** Writes the block where its line numbers are those of the page. */
  add({ page, line, language, text }: Block): string {
    const path = join(this.folder, `${page.replaceAll("/", "-")}-${line}.${language}`);
    writeFileSync(path, `${"\n".repeat(line - 1)}${text}\nexport {};\n`);
    return path;
  }

  /** The compiler's complaints about the modules, under the repository's own settings. */
  check(paths: readonly string[]): string[] {
    const config = ts.getParsedCommandLineOfConfigFile(
      `${root}tsconfig.json`,
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
    );
    const options = { ...config?.options, typeRoots: [`${root}node_modules/@types`], noUnusedLocals: false };
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile;
    // What isn't a block is read once for all checks.
    host.getSourceFile = (name, ...how) => {
      const file = this.#files.get(name) ?? read(name, ...how);
      if (file && !paths.includes(name)) this.#files.set(name, file);
      return file;
    };
    const program = ts.createProgram([...paths], options, host);
    return paths.flatMap((path) => {
      const file = program.getSourceFile(path);
      return ts.getPreEmitDiagnostics(program, file).map(({ file: at, start = 0, messageText }) => {
        const line = at ? at.getLineAndCharacterOfPosition(start).line + 1 : 0;
        return `${at?.fileName.replace(`${this.folder}/`, "")}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      });
    });
  }

  /** Runs a module and gives back the lines that it printed. Throws where it fails. */
  async run(path: string): Promise<string[]> {
    const { code } = await transform(readFileSync(path, "utf8"), { loader: "ts", format: "esm", sourcemap: "inline" });
    const script = path.replace(/[jt]s$/, "mjs");
    writeFileSync(script, code);
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: this.folder, timeout: 180_000 });
    return stdout === ""
      ? []
      : stdout
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => line.trimEnd());
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where the lines that were printed differ from those that the block promises; a block may promise nothing. */
export function outputViolations({ page, line, text }: Block, printed: readonly string[]): string[] {
  const expected = expectedOutput(text);
  if (expected.length === 0) return [];
  const wrong = expected.flatMap((one, i) =>
    printed[i] !== undefined && outputMatches(printed[i], one)
      ? []
      : [`${page}:${line} promises ${one}, printed was ${printed[i]}`],
  );
  const more = printed.slice(expected.length).map((one) => `${page}:${line} prints more than it promises: ${one}`);
  return [...wrong, ...more];
}
