import type { Command } from "commander";
import { type ConfigFlags as Flags, flagName, flagsOf, membersWith, sections } from "../config/index.ts";
import { shellWord } from "../describe/shell.ts";
import type { Option } from "../options/index.ts";
import { numberOrText } from "../options/text.ts";
import { checkNumber } from "../rules.ts";

/** What commander gives for the flags of a config: texts as they were typed. */
export interface ConfigFlags extends Flags {
  readonly config?: string;
}

const headings = { data: "Data", model: "Model", training: "Training", machine: "Machine" } as const;

/** Adds a flag for everything that a config can say. */
export function addConfigFlags(command: Command): Command {
  command.option("--config <file>", "a JSON file; flags override what it says");
  for (const [section, option] of Object.entries<Option>(sections)) {
    const heading = headings[section as keyof typeof headings];
    for (const { key, flags, help } of flagsOf(option)) {
      const own = option.kind === "spec" ? membersWith(option, key) : [];
      command.optionsGroup(own.length === 1 ? `${heading} ${own[0]}:` : `${heading}:`).option(flags, help);
    }
  }
  return command;
}

/** A command with its flags, as it may be typed again. */
export function commandText(command: string, flags: { readonly [flag: string]: unknown }): string {
  const words = Object.entries(flags).flatMap(([key, value]) => {
    if (value === undefined) return [];
    if (value === false) return [flagName(`no-${key}`)];
    return value === true ? [flagName(key)] : [flagName(key), shellWord(String(value))];
  });
  return ["npx heaviside", command, ...words].join(" ");
}

/** A flag's whole number, at least 1. Throws UserError, naming `subject`, for anything else. */
export function wholeIn(subject: string, text: string, atMost: number): number {
  const value = numberOrText(text);
  checkNumber(subject, value, { whole: true, atLeast: 1, atMost });
  return value;
}
