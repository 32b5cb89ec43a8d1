import { UserError } from "../errors.ts";
import { listed, show, suggestion } from "../rules.ts";

/** The name of a column behind those that are there already: column 3 where it has none, and name (2) where another has it. */
export function ownName(given: string, before: readonly string[]): string {
  const plain = given === "" ? `column ${before.length + 1}` : given;
  let name = plain;
  for (let i = 2; before.includes(name); i++) name = `${plain} (${i})`;
  return name;
}

/** The mistake of naming a column that a table doesn't have. */
export const noColumn = (file: string, name: string, columns: readonly string[]): UserError =>
  new UserError(
    `data: ${file} has no column ${show(name)}${suggestion(name, columns)}; its columns are ${listed(columns)}`,
  );

/** Throws UserError unless all names are columns. */
export function checkNames(file: string, names: Iterable<string>, columns: readonly string[]): void {
  for (const name of names) if (!columns.includes(name)) throw noColumn(file, name, columns);
}
