/** Where the kernels are loaded from. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../../../test/support/temporary.ts";
import { UserError } from "../../errors.ts";
import { mlp } from "../../index.ts";
import { kernels } from "../../inference/kernels.ts";
import { programsIn } from "../../inference/programs-in.ts";
import { storedRunner } from "../../inference/runner.ts";
import { decodeModelFile } from "../../predict/model-file.ts";
import { save } from "../../predict/save.ts";
import { loadModule } from "./load.ts";
import { wasmBackend } from "./wasm.ts";

const here = new URL("./", import.meta.url);
const shared = { shared: true };
const single = { shared: false };

let folder: string;
let server: Server;
let address: string;
const requested: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-wasm-"));
  for (const [from, to] of [
    ["relaxed-single", "relaxed-single-B8x_q-1A"],
    ["simd", "simd.4f2a"],
    ["relaxed", "3f9c"],
  ])
    await copyFile(fileURLToPath(new URL(`${from}.wasm`, here)), join(folder, `${to}.wasm`));
  await writeFile(join(folder, "simd-single.wasm"), "<!doctype html><title>Start page</title>");
  await writeFile(join(folder, "relaxed.wasm"), "");
  // A server that answers with its start page where there is no file, as many of those for single pages do.
  server = createServer((request, response) => {
    requested.push(request.url!);
    if (request.url!.startsWith("/gone")) return response.writeHead(404).end();
    response.setHeader("Content-Type", "text/html").end("\n<p>Start page");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const whole = new Uint8Array(await readFile(new URL("simd-single.wasm", here)));
function savedModel(): Uint8Array {
  const model = mlp({ input: [2], hidden: [], classes: 2 });
  return save({ model, params: model.init(1).params });
}
const fileIn = (name: string): string => pathToFileURL(join(folder, name)).href;

describe("the option wasm", () => {
  test("names a folder: the build that fits is taken from there", async () => {
    expect(await loadModule({ ...shared, wasm: here, revectorize: false })).toMatchObject({ variant: "relaxed" });
    expect(await loadModule({ ...single, wasm: here.href })).toMatchObject({ variant: "relaxed-single" });
    expect(await refusal(loadModule({ ...single, wasm: `${address}/gone/` }))).toContain(
      `wasm backend: ${address}/gone/relaxed-single.wasm can't be fetched: 404 Not Found; copy relaxed-single.wasm there from`,
    );
  });

  test("names a file: it alone is loaded, and its name says what it is, whatever a bundler added", async () => {
    const found = await loadModule({ ...shared, wasm: fileIn("relaxed-single-B8x_q-1A.wasm") });
    expect(found).toMatchObject({ variant: "relaxed-single", shared: false });
    expect(await loadModule({ ...shared, wasm: fileIn("simd.4f2a.wasm") })).toMatchObject({
      variant: "simd",
      shared: true,
    });
    expect(await loadModule({ ...shared, wasm: new URL("relaxed-wide.wasm", here), revectorize: false })).toMatchObject(
      {
        variant: "relaxed-wide",
      },
    );
    await kernels(fileIn("relaxed-single-B8x_q-1A.wasm"));
    await kernels(here);
  });

  test("may be relative, to the working folder where there is no page", async () => {
    const path = fileURLToPath(here).slice(process.cwd().length + 1);
    expect(await loadModule({ ...single, wasm: path })).toMatchObject({ variant: "relaxed-single" });
  });

  test("with a file for one thread, the backend has one and says why", async () => {
    const backend = await wasmBackend({ threads: 2, wasm: fileIn("relaxed-single-B8x_q-1A.wasm") });
    expect(backend.info()).toMatchObject({ threads: 1, note: "one thread: relaxed-single.wasm has no others" });
    await backend.close();
  });

  test.each<[string, object, string, string]>([
    [
      "threads that can't be",
      single,
      "simd.4f2a.wasm",
      "is for threads, and this page is not cross-origin isolated: give simd-single.wasm",
    ],
    [
      "relaxed SIMD that is off",
      { ...shared, relaxed: false },
      "relaxed.wasm",
      "has relaxed SIMD, and relaxed is false",
    ],
    ["another tile", { ...shared, tile: "wide" }, "simd.4f2a.wasm", 'has another tile than "wide"'],
    ["no such file", shared, "simd-none.wasm", "doesn't exist; copy"],
    ["an HTML page", single, "simd-single.wasm", "is an HTML page and not WebAssembly"],
    ["an empty file", shared, "relaxed.wasm", "is empty"],
  ])("refuses %s", async (_, options, name, reason) => {
    const message = await refusal(loadModule({ ...(options as typeof shared), wasm: fileIn(name) }));
    expect(message).toContain(`wasm backend: ${fileIn(name)} ${reason}`);
  });

  test("refuses a server's start page, from either entry", async () => {
    const reason =
      "is an HTML page and not WebAssembly: many servers answer so where there is no such file; copy relaxed-single.wasm there";
    const wasm = `${address}/relaxed-single-3f.wasm`;
    requested.length = 0;
    expect(await refusal(loadModule({ ...single, wasm }))).toContain(`wasm backend: ${wasm} ${reason}`);
    expect(await refusal(kernels(wasm))).toContain(`predictor: ${wasm} ${reason}`);
    expect(requested).toEqual(["/relaxed-single-3f.wasm", "/relaxed-single-3f.wasm"]);
  });

  test("refuses what is no URL, and a name that doesn't tell the build", async () => {
    for (const wasm of [3, "", null])
      expect(await refusal(loadModule({ ...shared, wasm: wasm as never }))).toMatch(
        /^wasm backend: wasm must be the URL of a folder/,
      );
    expect(await refusal(loadModule({ ...shared, wasm: "http://:" }))).toMatch(/"http:\/\/:" is no whole URL/);
    expect(await refusal(loadModule({ ...shared, wasm: fileIn("3f9c.wasm") }))).toMatch(
      /keeps its name.*received file:.*3f9c\.wasm$/,
    );
    expect(await refusal(kernels(new URL("simd.wasm", here)))).toMatch(
      /is for threads, and heaviside\/inference runs on one: give (relaxed|simd)-single/,
    );
  });

  const probe = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  test.each<[string, () => unknown, RegExp]>([
    ["a number", () => 3, /^predictor: wasm must be the URL of relaxed-single\.wasm .*; received 3$/],
    [
      "a path where nothing is",
      () => "gone/simd-single.wasm",
      /^predictor: file:.*\/gone\/simd-single\.wasm doesn't exist; /,
    ],
    ["an HTML page", () => fileIn("simd-single.wasm"), /simd-single\.wasm is an HTML page and not WebAssembly: many/],
    ["a page's bytes", () => new TextEncoder().encode("<html>"), /^predictor: what wasm holds is an HTML page and/],
    ["no bytes", () => new ArrayBuffer(0), /^predictor: what wasm holds is empty$/],
    ["other bytes", () => new Uint8Array(100), /^predictor: what wasm holds is not WebAssembly$/],
    ["part of the kernels", () => whole.slice(0, -1), /^predictor: what wasm holds is damaged: it ends in the middle$/],
    ["their beginning", () => whole.slice(0, 9), /is damaged: it ends in the middle$/],
    ["kernels with a changed byte", () => whole.map((x, i) => (i === 40 ? 255 - x : x)), /is damaged/],
    ["WebAssembly of something else", () => probe, /^predictor: what wasm holds is WebAssembly of something else/],
    [
      "such a module",
      () => new WebAssembly.Module(probe),
      /^predictor: what wasm holds is WebAssembly of something else/,
    ],
    ["an answer", () => new Response("", { status: 404 }), /^predictor: wasm must be .*; received a Response$/],
    [
      "a promise",
      () => Promise.resolve(whole),
      /^predictor: wasm must be .*; received a Promise: wait for it with await$/,
    ],
    [
      "another scheme",
      () => "ftp://example.com/simd-single.wasm",
      /can't be fetched: ftp: is no scheme that is read here, http:/,
    ],
    ["nobody there", () => "http://127.0.0.1:1/simd-single.wasm", /can't be fetched: fetch failed: /],
    [
      "a data: URL",
      () => `data:text/html,${"<p>".repeat(999)}#/simd-single.wasm`,
      /^predictor: a data: URL is an HTML page/,
    ],
  ])("refuses %s in heaviside/inference", async (_, given, message) => {
    const error: unknown = await kernels(given()).catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
    expect((error as UserError).message.length).toBeLessThan(400);
  });

  test("refuses kernels that aren't those of their name", async () => {
    await copyFile(fileURLToPath(new URL("relaxed-single.wasm", here)), join(folder, "simd.other.wasm"));
    expect(await refusal(wasmBackend({ threads: 1, wasm: fileIn("simd.other.wasm") }))).toMatch(
      /^wasm backend: simd\.wasm isn't the build that its name tells: /,
    );
    await writeFile(join(folder, "simd.cut.wasm"), whole.slice(0, 500));
    expect(await refusal(wasmBackend({ wasm: fileIn("simd.cut.wasm") }))).toMatch(
      /is damaged: it ends in the middle; copy/,
    );
    await writeFile(join(folder, "simd.probe.wasm"), probe);
    expect(await refusal(wasmBackend({ wasm: fileIn("simd.probe.wasm") }))).toMatch(/is WebAssembly of something else/);
    const threaded = await readFile(new URL("simd.wasm", here));
    const { programs, arrays } = decodeModelFile(savedModel(), "m");
    const module = await kernels(new Uint8Array(threaded));
    expect(() => storedRunner(programsIn(programs, arrays, "m"), arrays, module)).toThrow(
      /^predictor: wasm must be kernels for one thread/,
    );
  });
});

test("a folder's URL without its slash is refused with the fix, a file's without it", async () => {
  await expect(kernels(`${address}/gone`)).rejects.toThrow(
    /\/gone can't be fetched: 404 .*; the URL of a folder ends in "\/"$/,
  );
  await expect(kernels(`${address}/gone/simd-single.wasm`)).rejects.toThrow(/where it is: \{ wasm: "…" \}$/);
});
