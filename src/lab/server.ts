import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors.ts";
import { type ImageSets, missingSets } from "./image-sets.ts";
import { namesServer } from "./named-host.ts";
import { headers } from "./policy.ts";
import { compressed, filesOf, type Served, served, written } from "./site.ts";
import { type Watch, watchRuns } from "./watch.ts";
import { sendEvents, watchedFile } from "./watch-answer.ts";

/** What the server shows, and where it listens. */
export interface LabOptions {
  /** The folder of the built page. */
  readonly folder: string;
  /** The folder of the library's wasm files, which a package has once: the page's copies of them aren't in it. */
  readonly kernels: string;
  /** The files of each set of images by their names in the page, such as train-images-idx3-ubyte. */
  readonly sets: ImageSets;
  /** Folders of runs, or that hold runs, which the page watches (default: none). */
  readonly watch?: readonly string[] | undefined;
  /** Milliseconds between two looks at these folders (default: 500). */
  readonly pace?: number | undefined;
  /** A name or an address of this machine; others see a server only where it isn't a loopback one. */
  readonly host: string;
  /** 0 is any that is free. */
  readonly port: number;
}

/** A server that listens. */
export interface LabServer {
  /** Where the page is, for a browser on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

/** A wasm file of the page, with a hash behind its name. */
const WASM = /^\/assets\/([\w-]+)-[\w-]{8}\.wasm$/;
/** A file of a set of images. */
const DATA = /^\/data\/([\w-]+)\/([^/]+)$/;
/** Why sets of images aren't there. */
const MISSING = "/data/sets.json";
/** What is watched, and the events. */
const [WATCHED, EVENTS] = ["/watch.json", "/watch"];

/**
 * Serves the page of the lab: its files, those of MNIST and Fashion-MNIST below data/, and what is new in the runs that are watched as server-sent
 * events. Rejects with UserError where the port is in use, may not be opened or the host isn't one of this machine.
 */
export async function serveLab(options: LabOptions): Promise<LabServer> {
  const { folder, kernels, sets, host, port } = options;
  const watch = watchRuns(options.watch ?? [], options.pace);
  let files = await filesOf(folder);
  const modules = await filesOf(kernels);
  const find = async (path: string): Promise<Served | undefined> => {
    // Before the page's own files: a static build has copies, of which the user may have named others.
    if (path === MISSING) return written(await missingSets(sets));
    const [, set = "", name = ""] = DATA.exec(path) ?? [];
    if (Object.hasOwn(sets, set)) {
      const image = (await sets[set as keyof ImageSets]()).get(name.replace(/\.gz$/, ""));
      return image === undefined ? undefined : compressed(image);
    }
    if (path === WATCHED) return watchedFile(watch);
    // A page that was built anew has other files.
    if (path === "/") files = await filesOf(folder);
    const file = files.get(path) ?? modules.get(`/${WASM.exec(path)?.[1]}.wasm`);
    return file === undefined ? undefined : served(file, path);
  };
  const server = createServer((request, response) => {
    answer(request, response, find, { watch, host }).catch(() => response.destroy());
  });
  await listen(server, host, port);
  return {
    url: `http://${hostInUrl(host)}:${(server.address() as AddressInfo).port}/`,
    async close() {
      watch.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** An address of all interfaces is no address to open; the brackets are those of version 6. */
const hostInUrl = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = {
        EADDRINUSE: `--port: ${port} is in use by another program: name another one, or 0 for any that is free`,
        EACCES: `--port: ${port} may not be opened by this user: name one above 1023`,
        EADDRNOTAVAIL: `--host: ${host} is not an address of this machine`,
        ENOTFOUND: `--host: ${host} is not known`,
        EAI_AGAIN: `--host: ${host} is not known`,
      }[error.code ?? ""];
      failed(new UserError(`lab: ${reason ?? `cannot listen on ${host}:${port}: ${error.message}`}`));
    });
    server.listen(port, host, done);
  });
}

/** The path that is asked for, decoded once; undefined where it isn't one. */
function pathOf({ url = "" }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, ""));
  } catch {
    return undefined;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Promise<Served | undefined>,
  { watch, host }: { readonly watch: Watch; readonly host: string },
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const { method = "" } = request;
  if (!namesServer(request, host))
    return say(response, method, 403, "This server answers to its own name alone: open the address that it printed.");
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return say(response, method, 405, `This server answers GET and HEAD, not ${method}.`);
  }
  const path = pathOf(request);
  if (path === undefined) return say(response, method, 400, "This address isn't well formed.");
  if (path === EVENTS && watch.folders.length > 0) return sendEvents(watch, request, response);
  let found: Served | undefined;
  try {
    found = await find(path);
  } catch (error) {
    const message = error instanceof UserError ? error.message : "This file can't be read.";
    return say(response, method, error instanceof UserError ? 404 : 500, message);
  }
  if (found === undefined) return say(response, method, 404, "There is nothing at this address. The lab is at /.");
  const { type, lasting, length, tag, stream } = found;
  response.setHeader("Content-Type", type);
  response.setHeader("Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (tag !== undefined) response.setHeader("ETag", tag);
  if (tag !== undefined && request.headers["if-none-match"] === tag) {
    response.writeHead(304).end();
    return;
  }
  if (length !== undefined) response.setHeader("Content-Length", length);
  if (method === "HEAD") response.end();
  else await pipeline(stream(), response);
}

/** An answer in a sentence. The text is the server's own, but for a method and a message of errors, so the page is no HTML. */
function say(response: ServerResponse, method: string, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : body);
}
