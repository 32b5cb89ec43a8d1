import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

/** The browser, where there is one. */
export const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const types: Record<string, string> = { ".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };

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
  execFileSync(process.execPath, ["scripts/build.js", join(folder, "dist"), "--bundle-only"]);
  let report: (value: unknown) => void = () => {};
  const server = createServer(async ({ url = "/", method }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (method === "GET" && pathname === "/report") {
      report(JSON.parse(searchParams.get("value")!));
      response.end();
      return;
    }
    // Only the isolated page gets the headers that let workers share memory.
    if (pathname.startsWith("/isolated"))
      response
        .setHeader("Cross-Origin-Opener-Policy", "same-origin")
        .setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const path = pathname.replace(/^\/(isolated|plain)\//, "/");
    const file = /^\/(dist|given)\//.test(path) ? join(folder, path) : resolve("test/e2e", `.${path}`);
    try {
      const body = await readFile(file);
      response.setHeader("Content-Type", types[extname(file)] ?? "text/plain").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));

  const open = async (path: string): Promise<unknown> => {
    const profile = await mkdtemp(join(tmpdir(), "heaviside-profile-"));
    const { port } = server.address() as AddressInfo;
    const flags =
      "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage";
    const browser = spawn(
      chromium!,
      [...flags.split(" "), `--user-data-dir=${profile}`, `http://127.0.0.1:${port}${path}`],
      { stdio: "ignore" },
    );
    try {
      return await new Promise((done, failed) => {
        report = done;
        browser.on("exit", (code) => failed(new Error(`the browser ended with code ${code} before the page reported`)));
      });
    } finally {
      const ended = new Promise((done) => browser.on("exit", done));
      browser.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  return {
    given,
    open,
    async close() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
