import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A named pipe in a folder, made once: other names in the folder may be hard links to it. Who opens it to read waits for ever. */
export function pipeIn(folder: string): string {
  const pipe = join(folder, "pipe");
  if (!existsSync(pipe)) execFileSync("mkfifo", [pipe]);
  return pipe;
}
