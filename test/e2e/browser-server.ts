import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

/** The browser, where there is one. */
export const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const types: Record<string, string> = { ".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };

/** A server whose pages report back by `fetch("/report?value=" + JSON)`. */
export interface Server {
  /** Opens a page in the browser, and gives what it reports. */
  open(path: string): Promise<unknown>;
  /** The paths that were asked for since the last page was opened. */
  readonly requested: readonly string[];
  close(): Promise<void>;
}

/** What is served: the file of a path, and whether a page of it is cross-origin isolated, so that its workers may share memory. */
export interface Served {
  fileOf(path: string): string;
  isIsolated(path: string): boolean;
}

export async function serve({ fileOf, isIsolated }: Served): Promise<Server> {
  let report: (value: unknown) => void = () => {};
  const requested: string[] = [];
  const server = createServer(async ({ url = "/", method }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (method === "GET" && pathname === "/report") {
      report(JSON.parse(searchParams.get("value")!));
      response.end();
      return;
    }
    requested.push(pathname);
    if (isIsolated(pathname))
      response
        .setHeader("Cross-Origin-Opener-Policy", "same-origin")
        .setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const file = fileOf(pathname);
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
    requested.length = 0;
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
    open,
    requested,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
