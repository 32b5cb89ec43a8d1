import type { Command, Option } from "commander";

/**
 * Makes a command and those below it refuse what commander would take without a word: an option that is given twice (the last would
 * count), an empty value, and another option where a value is missing.
 */
export function makeStrict(command: Command): void {
  const given = new Map<string, Option>();
  for (const option of command.options)
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      const name = option.attributeName();
      const before = given.get(name);
      if (before)
        command.error(
          before === option
            ? `option '${option.flags}' must be given once, received it twice`
            : `one of '${before.flags}' and '${option.flags}' can be given, received both`,
        );
      given.set(name, option);
      if (value === "") command.error(`option '${option.flags}' needs a value that is not empty`);
      if (value?.startsWith("--")) command.error(`option '${option.flags}' argument missing, received ${value}`);
    });
  for (const below of command.commands) makeStrict(below);
}
