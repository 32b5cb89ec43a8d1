import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.ts";
import { imageSets, readFolders } from "../../lab/image-sets.ts";
import { isLoopback } from "../../lab/named-host.ts";
import { openInBrowser } from "../../lab/open.ts";
import { serveLab } from "../../lab/server.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import type { Terminal } from "../terminal.ts";

export interface LabFlags {
  readonly port: string;
  readonly host: string;
  readonly open: boolean;
  /** Folders of runs that the page shows while they run. */
  readonly watch?: readonly string[];
  /** Folders of sets of images, as `readFolders` reads them. */
  readonly dataDir?: readonly string[];
  /** The folder of the built page; a test has one of its own. */
  readonly folder?: string;
}

/** The page in a package, and in a checkout once it is built. */
const built = (): string => fileURLToPath(new URL("../../../dist/lab/", import.meta.url));

/** The library's wasm files, in a package and in a checkout. */
const kernels = (): string => fileURLToPath(new URL("../../backends/wasm/", import.meta.url));

/** Serves the lab until Ctrl-C, which is how it ends well. */
export async function labCommand(flags: LabFlags, terminal: Terminal): Promise<number> {
  const { host, open, watch = [], dataDir = [], folder = built() } = flags;
  const port = numberOrText(flags.port);
  checkNumber("lab: --port", port, { whole: true, atLeast: 0, atMost: 65535 });
  if (host === "") throw new UserError('lab: --host must be a name or an address, received ""');
  if (watch.includes(""))
    throw new UserError('lab: --watch must be the folder of a run, or one with runs, received ""');
  const file = watch.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
  if (file !== undefined) throw new UserError(`lab: --watch must be a folder, received ${file}, which is none`);
  if (!existsSync(join(folder, "index.html")))
    throw new UserError(`lab: the page isn't built: run npm run lab:build, which writes it to ${folder}`);
  const folders = readFolders(dataDir);
  const sets = imageSets(folders);
  // A folder that was named has the files, or nothing is served.
  for (const name of Object.keys(folders) as (keyof typeof folders)[]) await sets[name]();
  const server = await serveLab({ folder, kernels: kernels(), sets, watch, host, port });
  let off = (): void => {};
  const stopped = new Promise<void>((done) => {
    off = terminal.onInterrupt(() => done());
  });
  try {
    const url = watch.length > 0 ? `${server.url}#at=watch` : server.url;
    terminal.out.write(`the lab: ${url}\nCtrl-C ends it\n`);
    if (!isLoopback(host))
      terminal.err.write("other machines can open it too; without https their browsers train with one thread\n");
    if (open) openInBrowser(url);
    await stopped;
  } finally {
    off();
    await server.close();
  }
  return 0;
}
