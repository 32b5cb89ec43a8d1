import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { setTimeout as later } from "node:timers/promises";

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

/** A browser that opens and closes pages where its address is asked to. */
interface Browser {
  readonly child: ChildProcess;
  readonly profile: string;
  readonly address: string;
}

const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-port=0";

async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "heaviside-profile-"));
  const child = spawn(chromium!, [...flags.split(" "), `--user-data-dir=${profile}`, "about:blank"], {
    stdio: "ignore",
  });
  for (;;) {
    const said = await readFile(join(profile, "DevToolsActivePort"), "utf8").catch(() => "");
    const port = /^(\d+)\n/.exec(said)?.[1];
    if (port !== undefined) return { child, profile, address: `http://127.0.0.1:${port}` };
    if (child.exitCode !== null) throw new Error(`the browser ended with code ${child.exitCode} when it was started`);
    await later(20);
  }
}

async function endBrowser({ child, profile }: Browser): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill();
    await ended;
  }
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** Serves pages, and opens each in a new tab of one browser, which is started for the first. */
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
    // Each page gets its own files: another one may have had others of these names.
    response.setHeader("Cache-Control", "no-store");
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

  let browser: Promise<Browser> | undefined;
  const open = async (path: string): Promise<unknown> => {
    browser ??= startBrowser();
    const { child, address } = await browser;
    const { port } = server.address() as AddressInfo;
    const page = encodeURIComponent(`http://127.0.0.1:${port}${path}`);
    requested.length = 0;
    let ended: (code: number | null) => void;
    const reported = new Promise((done, failed) => {
      report = done;
      ended = (code) => failed(new Error(`the browser ended with code ${code} before the page reported`));
      child.once("exit", ended);
    });
    try {
      const opened = await fetch(`${address}/json/new?${page}`, { method: "PUT" });
      const { id } = (await opened.json()) as { readonly id: string };
      const value = await reported;
      await fetch(`${address}/json/close/${id}`);
      return value;
    } finally {
      child.off("exit", ended!);
    }
  };
  return {
    open,
    requested,
    async close() {
      if (browser) await endBrowser(await browser);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
