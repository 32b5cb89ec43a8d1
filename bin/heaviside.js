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

function report(error) {
  if (isUserError(error)) return `heaviside: ${error.message}`;
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
