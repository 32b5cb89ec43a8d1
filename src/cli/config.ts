import { readFile } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { fileError } from "../runs/index.ts";
import { type ConfigFlags, overlay } from "./flags.ts";
import { parseJson } from "./json.ts";
import { type Job, resolveJob } from "./schema.ts";

/** Reads a JSON object from a file. Throws UserError where there is none, with line and column where it is malformed. */
export async function readConfig(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8").catch((error) => {
    const { message } = fileError("read", path, error);
    throw new UserError(message.replace(/^runs:/, "config:"));
  });
  const config = parseJson(text.replace(/^\uFEFF/, ""), path);
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new UserError(
      `${path}: must hold an object, received ${Array.isArray(config) ? "a list" : JSON.stringify(config)}`,
    );
  return config as Record<string, unknown>;
}

/** What the flags and the file that they name say together. The file is checked by itself first, so that its mistakes are its own. */
export async function configFrom(flags: ConfigFlags): Promise<Job> {
  if (flags.config === undefined) return resolveJob(overlay({}, flags), "train");
  const base = await readConfig(flags.config);
  resolveJob(base, flags.config);
  return resolveJob(overlay(base, flags), "train");
}
