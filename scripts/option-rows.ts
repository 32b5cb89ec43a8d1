// Options as rows of the reference pages' tables.
import { markdownTable } from "../src/describe/table.ts";
import { defaultOf, type Option, type Options, ruleOf } from "../src/options/index.ts";

export const code = (text: string): string => `\`${text}\``;

/** One row: where the option is in a config, its flag, what it must be, what it is by itself, and what it means. */
export function row(path: string, option: Option, flag = true): string[] {
  const usual = option.required ? "required" : (defaultOf(option) ?? "");
  const rule = ruleOf(option);
  const meaning = rule.endsWith(option.description) ? "" : option.description;
  return [code(path), flag && option.flag ? code(option.flag) : "", rule, usual, meaning].map((cell) =>
    cell.replaceAll("|", "\\|"),
  );
}

/** A table of a member's own options, without flags; a sentence where it has none. */
export function optionTable(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const [path, , ...rest] = row(name, option, false);
    return [path!, ...rest];
  });
  return rows.length > 0
    ? markdownTable([["option", "must be", "default", "meaning"], ...rows], [])
    : "It has no options of its own.";
}

/** A heading, what a card says, and more of it as a list; lines that are undefined are dropped. */
export function cardText(
  heading: string,
  { title, summary, formula }: { readonly title: string; readonly summary: string; readonly formula: string },
  lines: readonly (string | undefined)[],
): string {
  const list = lines.flatMap((line) => (line === undefined ? [] : [`- ${line}`])).join("\n");
  const capital = title[0]!.toUpperCase() + title.slice(1);
  return [heading, `${capital}. ${summary}`, `$$${formula}$$`, list].filter((part) => part !== "").join("\n\n");
}

/** The line of a card that names its source. */
export const sourceLine = ({ source }: { readonly source?: string }): string | undefined =>
  source && `source: ${source}`;

/** The line that lists what else a member is called. */
export function aliasLine(aliases: Readonly<Record<string, string>>, name: string): string | undefined {
  const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
  return others.length > 0 ? `also called: ${others.map(code).join(", ")}` : undefined;
}
