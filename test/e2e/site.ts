import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bundleInto } from "../support/bundle.ts";
import { serve } from "./browser-server.ts";

/** The built package on a server of its own, with pages that report back. */
export interface Site {
  /** Files put here are served below `given/`. */
  readonly given: string;
  /** Opens a page, below `isolated/` with the headers that let workers share memory, below `plain/` without; gives what it reports. */
  open(path: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Builds the package into a new folder and serves it beside the pages of this folder. */
export async function site(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "heaviside-e2e-"));
  const given = join(folder, "given");
  await mkdir(given);
  bundleInto(join(folder, "dist"));
  const server = await serve({
    isIsolated: (path) => path.startsWith("/isolated"),
    fileOf(path) {
      const within = path.replace(/^\/(isolated|plain)\//, "/");
      return /^\/(dist|given)\//.test(within) ? join(folder, within) : resolve("test/e2e", `.${within}`);
    },
  });
  return {
    given,
    open: server.open,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
