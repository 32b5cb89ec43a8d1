import { type ConfigFlags, inFull, overlay, type RunConfig, resolveConfig, withUsual } from "../config/index.ts";
import { UserError } from "../errors.ts";
import { parseJson } from "../formats/json.ts";
import { show } from "../rules.ts";
import { readText } from "../runs/index.ts";

/** Bytes of the largest config: a hundred times what a network of a thousand layers takes. */
const MOST = 2 ** 24;

/** Reads a JSON object from a file. Throws UserError where there is none, with line and column where it is malformed. */
export async function readConfig(path: string): Promise<Record<string, unknown>> {
  const text = await readText(path, { most: MOST, pipes: true }).catch((error) => {
    throw error instanceof UserError ? new UserError(error.message.replace(/^runs:/, "config:")) : error;
  });
  if (text === undefined) throw new UserError(`config: cannot read ${path}: it doesn't exist`);
  const config = parseJson(text, path);
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new UserError(`${path}: must hold an object, received ${Array.isArray(config) ? "a list" : show(config)}`);
  return config as Record<string, unknown>;
}

/**
 * What the flags and the file that they name say together. The file is checked by itself first, so that its mistakes are its own.
 * @param subject the command, for errors
 */
export async function configFrom(
  subject: string,
  typed: ConfigFlags & { readonly config?: string },
): Promise<RunConfig> {
  const flags = inFull(typed);
  if (flags.config === undefined) return resolveConfig(overlay(withUsual({}, flags), flags), subject);
  const base = await readConfig(flags.config);
  resolveConfig(base, flags.config);
  return resolveConfig(overlay(withUsual(base, flags), flags), subject);
}
