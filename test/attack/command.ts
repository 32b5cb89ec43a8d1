import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Disturbance } from "./disturbance.ts";

/** What happens to a command while it runs. */
export interface Disturbed {
  /** Milliseconds after which it is killed. */
  readonly killAfter?: number | undefined;
  readonly disturbance?: Disturbance | undefined;
  /** Milliseconds after which it gets the signal of Ctrl-C. */
  readonly interruptAfter?: number | undefined;
}

/** How a command ended. */
export interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command of the package in a folder to its end. */
export async function runCommand(
  pack: string,
  folder: string,
  argv: readonly string[],
  { killAfter, disturbance, interruptAfter }: Disturbed = {},
): Promise<Ended> {
  const preload = disturbance === undefined ? [] : ["--require", join(pack, "disturb.cjs")];
  const child = spawn(process.execPath, [...preload, join(pack, "bin/heaviside.js"), ...argv], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(disturbance && { HEAVISIDE_DISTURB: JSON.stringify(disturbance) }) },
  });
  const said = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.errors = (said.errors + text).slice(-4000);
  });
  const after = (milliseconds: number | undefined, signal: "SIGKILL" | "SIGINT") =>
    milliseconds === undefined ? undefined : setTimeout(() => child.kill(signal), milliseconds);
  const timers = [after(killAfter, "SIGKILL"), after(interruptAfter, "SIGINT")];
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  for (const timer of timers) clearTimeout(timer);
  return { killed: signal === "SIGKILL", code, ...said };
}
