import ts from "typescript";
import { treeOf } from "./imports.ts";
import type { Source } from "./repository.ts";

/** More lines than this in one file have to be answered for. */
export const limit = 400;

/** The files that are longer all the same, and why. */
export const exceptions: Readonly<Record<string, string>> = {};

export const lines = ({ text }: Source): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** More lines than this in one function are two functions. */
export const functionLimit = 80;

/** The functions of a file, each with its name (that of what it is assigned to, where it has none of its own) and its lines. */
function functionsOf(source: Source): { name: string; line: number; lines: number }[] {
  const file = treeOf(source);
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  const found: { name: string; line: number; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const [line, end] = [lineOf(node.getStart()), lineOf(node.end)];
      const named = node.name ?? (node.parent as ts.NamedDeclaration).name;
      found.push({ name: named?.getText() ?? "a function", line, lines: end - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Functions over the limit, one sentence each. */
export const functionViolations = (files: readonly Source[]): string[] =>
  files.flatMap((file) =>
    functionsOf(file)
      .filter(({ lines }) => lines > functionLimit)
      .map(
        ({ name, line, lines }) =>
          `${file.path}:${line} ${name} has ${lines} lines, more than ${functionLimit}: split it`,
      ),
  );

/** Files over the limit that aren't excepted, and exceptions that no file needs. */
export function sizeViolations(files: readonly Source[], excepted = exceptions): string[] {
  const long = files.filter((file) => lines(file) > limit);
  const unexpected = long
    .filter(({ path }) => !(path in excepted))
    .map((file) => `${file.path} has ${lines(file)} lines, more than ${limit}: split it, or say why in the table`);
  const stale = Object.keys(excepted)
    .filter((path) => !long.some((file) => file.path === path))
    .map((path) => `${path} is excepted, but has no more than ${limit} lines`);
  return [...unexpected, ...stale];
}
