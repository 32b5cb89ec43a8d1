import { isAbsolute, join, relative, sep } from "node:path";

/** A text as YAML: JSON's strings are YAML's. */
export const yaml = (text: string): string => JSON.stringify(text);

/** Words of a container's command as YAML. */
export const yamlWords = (words: readonly string[]): string => `[${words.map(yaml).join(", ")}]`;

/** A text that Compose takes as it is: it puts variables in place of $NAME. */
export const composeText = (text: string): string => text.replaceAll("$", "$$$$");

/** A path from a folder, which begins with a dot; files say it with slashes on every system. */
export function pathFrom(folder: string, path: string): string {
  const found = relative(folder, path).split(sep).join("/");
  return found === "" ? "." : /^\.\.(\/|$)/.test(found) || isAbsolute(found) ? found : `./${found}`;
}

/** A file of a folder as it is typed. */
export const placeIn = (folder: string, name: string): string => (folder === "." ? name : join(folder, name));

/** A text as the name of a host, a job or a volume: at most 40 of a-z, 0-9 and -, of which the first is a letter. */
export function labelOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const label = (/^[a-z]/.test(plain) ? plain : `sweep-${plain}`).slice(0, 40);
  return label.replaceAll(/-+$/g, "");
}
