import { UserError } from "../errors.ts";
import { listed, show, suggestion } from "../rules.ts";

/** Gives columns names of their own, in their order: column 3 where there is none, and name (2) where another column has it. */
export class Names {
  readonly all: string[] = [];
  /** Those that were made. */
  readonly made: string[] = [];
  readonly #taken = new Set<string>();
  /** How often each came. */
  readonly #times = new Map<string, number>();

  /** The name of the next column. */
  add(given: string): string {
    const plain = given === "" ? `column ${this.all.length + 1}` : given;
    let times = (this.#times.get(plain) ?? 0) + 1;
    let name = plain;
    for (; this.#taken.has(name); times++) name = `${plain} (${Math.max(2, times)})`;
    this.#times.set(plain, Math.max(1, times - 1));
    this.#taken.add(name);
    this.all.push(name);
    if (name !== given) this.made.push(name);
    return name;
  }
}

/** The mistake of naming a column that a table doesn't have. */
export const noColumn = (file: string, name: string, columns: readonly string[]): UserError =>
  new UserError(
    `data: ${file} has no column ${show(name)}${suggestion(name, columns)}; its columns are ${listed(columns)}`,
  );

/** Throws UserError unless all names are columns. */
export function checkNames(file: string, names: Iterable<string>, columns: readonly string[]): void {
  const known = new Set(columns);
  for (const name of names) if (!known.has(name)) throw noColumn(file, name, columns);
}
