import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { cut, show } from "../../rules.ts";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where in a file an error was thrown, such as "rates.mjs:3"; undefined where its stack doesn't name the file. */
function placeIn(stack: string, path: string): string | undefined {
  const names = [pathToFileURL(path).href, path].map(escaped).join("|");
  const [, line] = new RegExp(`(?:${names})(?:\\?[^:\\s)]*)?:(\\d+)`).exec(stack) ?? [];
  return line && `${basename(path)}:${line}`;
}

/**
 * What the code of a user's file has thrown, whatever that is, in a line: its name, its message, and the file's line where it is known.
 * @param path the file's absolute path
 */
export function thrownBy(path: string, thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `${basename(path)} threw ${show(thrown)}, which is no Error`;
    const place = placeIn(String(thrown.stack), path);
    return cut(`${thrown.name}: ${String(thrown.message).split("\n", 1)[0]}${place ? ` (${place})` : ""}`, 500);
  } catch {
    return `${basename(path)} threw what can't be shown`;
  }
}
