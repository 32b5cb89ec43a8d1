import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.ts";
import { mnistFiles } from "../../lab/mnist.ts";
import { openInBrowser } from "../../lab/open.ts";
import { isLoopback, serveLab } from "../../lab/server.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import type { Terminal } from "../terminal.ts";

export interface LabFlags {
  readonly port: string;
  readonly host: string;
  readonly open: boolean;
  /** Folders of runs that the page shows while they run. */
  readonly watch?: readonly string[];
  /** The folder of the built page; a test has one of its own. */
  readonly folder?: string;
}

/** The page in a package, and in a checkout once it is built. */
const built = (): string => fileURLToPath(new URL("../../../dist/lab/", import.meta.url));

/** The library's wasm files, in a package and in a checkout. */
const kernels = (): string => fileURLToPath(new URL("../../backends/wasm/", import.meta.url));

/** Serves the lab until Ctrl-C, which is how it ends well. */
export async function labCommand(flags: LabFlags, terminal: Terminal): Promise<number> {
  const { host, open, watch = [], folder = built() } = flags;
  const port = numberOrText(flags.port);
  checkNumber("lab: --port", port, { whole: true, atLeast: 0, atMost: 65535 });
  if (host === "") throw new UserError('lab: --host must be a name or an address, received ""');
  if (watch.includes(""))
    throw new UserError('lab: --watch must be the folder of a run, or one with runs, received ""');
  if (!existsSync(join(folder, "index.html")))
    throw new UserError(`lab: the page isn't built: run npm run lab:build, which writes it to ${folder}`);
  const server = await serveLab({ folder, kernels: kernels(), mnist: mnistFiles, watch, host, port });
  let off = (): void => {};
  const stopped = new Promise<void>((done) => {
    off = terminal.onInterrupt(() => done());
  });
  try {
    terminal.out.write(`the lab: ${server.url}\nCtrl-C ends it\n`);
    if (!isLoopback(host))
      terminal.err.write("other machines can open it too; without https their browsers train with one thread\n");
    if (open) openInBrowser(server.url);
    await stopped;
  } finally {
    off();
    await server.close();
  }
  return 0;
}
