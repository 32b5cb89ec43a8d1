import type { Command } from "commander";
import { type ConfigFlags as Flags, flagsOf, membersWith, sections } from "../config/index.ts";
import type { Option } from "../options/index.ts";

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
