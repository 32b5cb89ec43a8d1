import type { Block } from "./blocks.ts";

/** What a reader can type here: the scripts of package.json, installed commands, and heaviside's own help pages. */
export interface Surroundings {
  readonly scripts: readonly string[];
  readonly commands: readonly string[];
  /** The help page of `heaviside`, or of one of its subcommands, such as "train" or "experiment toys". */
  help(subcommand?: string): Promise<string>;
}

const builtIn = new Set(["ci", "install", "i", "pack", "link", "publish", "exec", "init"]);

/** The commands of shell blocks and of inline code, one simple command each, without a prompt and variables. */
export function commandsOf(markdown: string, blocks: readonly Block[]): string[] {
  const shell = blocks.filter(({ language }) => ["sh", "bash", "shell", "console"].includes(language));
  const lines = shell.flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"));
  const inline = Array.from(
    markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`\n]+)`/g),
    ([, code]) => code!,
  );
  return [...lines, ...inline]
    .map((line) => line.replace(/^\s*\$ /, "").replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/&&|\|\||[;|]/))
    .map((command) => command.trim().replace(/^(?:[A-Z_]+=\S*\s+)+/, ""))
    .filter((command) => /^(npm|npx)\s/.test(command));
}

/** Commands of a page that a reader could not run: scripts, commands, subcommands and options that don't exist. */
export async function commandViolations(command: string, around: Surroundings): Promise<string[]> {
  const [tool, ...words] = command.split(/\s+/);
  if (tool === "npm") {
    const script = /^(run|run-script)$/.test(words[0] ?? "") ? words[1] : words[0];
    const known = around.scripts.includes(script ?? "") || (script === words[0] && builtIn.has(script ?? ""));
    return known ? [] : [`\`${command}\`: package.json has no script ${script}`];
  }
  const [name, ...args] = words.filter((word, i) => i > 0 || !word.startsWith("-"));
  if (name !== "heaviside")
    return around.commands.includes(name ?? "") ? [] : [`\`${command}\`: ${name} is not installed`];

  const says = (page: string, word: string): boolean => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(page);
  const general = await around.help();
  const subcommand = args[0]?.startsWith("-") ? undefined : args[0];
  if (subcommand && /^[\w-]+$/.test(subcommand) && !new RegExp(`^\\s+${subcommand}\\b`, "m").test(general)) {
    return [`\`${command}\`: heaviside has no command ${subcommand}`];
  }
  const page = subcommand && /^[\w-]+$/.test(subcommand) ? await pageOf(subcommand, args[1], around) : general;
  return args
    .filter((arg) => arg.startsWith("--") && arg !== "--help")
    .map((arg) => arg.split("=")[0]!)
    .filter((option) => !says(page, option))
    .map((option) => `\`${command}\`: heaviside ${subcommand ?? ""} has no option ${option}`);
}

/** The help page of a subcommand, or of the one below it where it has such. */
async function pageOf(subcommand: string, next: string | undefined, around: Surroundings): Promise<string> {
  const page = await around.help(subcommand);
  const listed = page.split(/^Commands:$/m)[1] ?? "";
  const below = next !== undefined && /^[\w-]+$/.test(next) && new RegExp(`^\\s+${next}\\b`, "m").test(listed);
  return below ? around.help(`${subcommand} ${next}`) : page;
}
