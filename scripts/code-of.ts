// Where the code of what a card describes is: pages link to it.
import { posix } from "node:path";
import ts from "typescript";
import { entries, resolve } from "./api-exports.ts";

/**
 * The file of each member of a table, such as "src/models/stages/dense.ts" of dense: the last module of the table's own folder that the member's line names.
 * Throws an Error for a member that names none.
 * @param path  the module with the table
 * @param table the table's name there
 */
export function filesOf(path: string, table: string): ReadonlyMap<string, string> {
  const [declaration] = resolve(path, table)?.declarations ?? [];
  let value = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  while (value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
  if (!value || !ts.isObjectLiteralExpression(value)) throw new Error(`${path} has no table ${table}`);
  const folder = posix.dirname(path);
  return new Map(
    value.properties.map((property) => {
      const name = (property.name as ts.Identifier | ts.StringLiteral).text;
      const modules = namesIn(property).flatMap((own) => resolve(path, own)?.path ?? []);
      const file = modules.findLast((module) => module !== path && module.startsWith(`${folder}/`));
      if (!file) throw new Error(`${path}: ${table}.${name} names no module of ${folder}`);
      return [name, file];
    }),
  );
}

function namesIn(node: ts.Node): string[] {
  if (ts.isIdentifier(node)) return [node.text];
  const names: string[] = [];
  ts.forEachChild(node, (child) => {
    names.push(...namesIn(child));
  });
  return names;
}

/** The file of what `heaviside/engine` exports by a name. Throws an Error for another name. */
export function fileOf(name: string): string {
  const found = resolve(entries["heaviside/engine"], name);
  if (!found) throw new Error(`heaviside/engine exports no ${name}`);
  return found.path;
}

/** A link to a file for a page in docs/reference. */
export const codeLink = (path: string): string => `[${path}](../../${path})`;
