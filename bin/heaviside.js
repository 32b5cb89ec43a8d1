#!/usr/bin/env node
// In a checkout the command runs the sources, so it needs no build and never sees a stale one. A package has what was
// built from them.
import { existsSync } from "node:fs";

const sources = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli.js", import.meta.url);

/** Where `main` is, once this process is able to import it. */
async function entry() {
  const installed = import.meta.url.includes("/node_modules/");
  if (installed || !existsSync(sources)) return built;
  const { register } = await import("tsx/esm/api");
  register();
  return sources;
}

/** Whether the mistake is the user's: UserError and what derives from it, whichever copy of the library threw it. */
function isUserError(error) {
  for (let type = error; type; type = Object.getPrototypeOf(type)) {
    if (type.constructor?.name === "UserError") return true;
  }
  return false;
}

/** Why the system refuses what any program needs; whoever started it can help. */
const refusals = {
  EMFILE: "too many files are open: ulimit -n 256 allows more",
  ENFILE: "too many files are open on this machine",
  ENOMEM: "no memory is left",
  ENOSPC: "no space is left",
  EDQUOT: "the disk quota is used up",
  EIO: "the device reports an error",
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** The system's refusal in words; undefined for any other error. */
function refused({ code, syscall, path }) {
  if (syscall === "uv_cwd") return "the current folder doesn't exist any more: change to another one";
  const reason = syscall === undefined ? undefined : refusals[code];
  return reason && `the system refuses ${syscall}${path === undefined ? "" : ` of ${path}`}: ${reason}`;
}

function report(error) {
  if (isUserError(error)) return `heaviside: ${error.message}`;
  const refusal = error instanceof Error ? refused(error) : undefined;
  if (refusal !== undefined) return `heaviside: ${refusal}`;
  const what = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return `${what}\nheaviside: this is a mistake in heaviside itself; please report it with the lines above`;
}

if (process.getBuiltinModule === undefined) {
  console.error(`heaviside: needs Node 20.19 or newer, this is Node ${process.versions.node}`);
  process.exit(1);
}
try {
  const { main } = await import((await entry()).href);
  // exitCode, not exit(): what is still on its way into a pipe is to arrive.
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = 1;
  console.error(report(error));
}
