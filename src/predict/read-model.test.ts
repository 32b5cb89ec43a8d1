/** Where a model is read from, and what is said where there is none. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { readModel } from "./read-model.ts";

let folder: string;
let server: Server;
let address: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-model-"));
  await writeFile(join(folder, "a:b.safetensors"), "model");
  await mkdir(join(folder, "empty"));
  await mkdir(join(folder, "endless"));
  await symlink("/dev/zero", join(folder, "endless", "checkpoint.safetensors"));
  server = createServer(({ url }, response) => {
    if (url === "/model") return response.end("model");
    if (url === "/page") return response.setHeader("Content-Type", "text/html").end("<p>Start page");
    if (url === "/xml") return response.end('<?xml version="1.0"?><Error/>');
    if (url === "/cut")
      return response.writeHead(200, { "Content-Length": "100" }).write("model", () => response.destroy());
    return response.writeHead(url === "/nothing" ? 200 : 404).end();
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

test("a model is read from bytes, a path with a colon, and URLs", async () => {
  const text = async (source: unknown) => new TextDecoder().decode((await readModel(source)).bytes);
  const path = join(folder, "a:b.safetensors");
  const sources = [new TextEncoder().encode("model"), path, pathToFileURL(path), pathToFileURL(path).href];
  for (const source of [...sources, `${address}/model`, new URL(`${address}/model`), "data:,model"])
    expect(await text(source)).toBe("model");
});

describe("what is no model is refused by its name:", () => {
  test.each<[string, () => unknown, RegExp | string]>([
    ["a number", () => 3, "predictor: takes the bytes of a model, a path or a URL, received 3"],
    ["a promise", () => Promise.resolve(), /^predictor: takes .*, received a Promise$/],
    ["an answer", () => new Response("model"), "predictor: takes the bytes of a model, a path or a URL, received a Response: give await response.arrayBuffer()"], // biome-ignore format: one line
    ["a blob", () => new Blob(["model"]), /received a Blob: give await blob\.arrayBuffer\(\)$/],
    ["no text", () => "", 'predictor: takes the bytes of a model, a path or a URL, received ""'],
    ["no file", () => "none.safetensors", "predictor: none.safetensors doesn't exist"],
    [
      "no run",
      () => join(folder, "empty"),
      /^predictor: .*empty is not the folder of a run, it has no checkpoint\.safeten/,
    ],
    ["a run whose checkpoint never ends", () => join(folder, "endless"), /^predictor: .*endless is not the folder of a run, its checkpoint\.safetensors is no file$/], // biome-ignore format: one line
    ["a device", () => "/dev/zero", "predictor: /dev/zero must be a file or the folder of a run, it is neither"],
    ["another machine's file", () => "file://host/x", /^predictor: file:\/\/host\/x can't be read: /],
    [
      "another scheme",
      () => "ftp://example.com/m.safetensors",
      "predictor: ftp://example.com/m.safetensors can't be fetched: ftp: is no scheme that is read here, http:, https:, file:, data: and blob: are",
    ],
    [
      "a URL of such a scheme",
      () => new URL("mailto:a@b.c"),
      /^predictor: mailto:a@b\.c can't be fetched: mailto: is no scheme/,
    ],
    [
      "nobody there",
      () => "http://127.0.0.1:1/m",
      /^predictor: http:\/\/127\.0\.0\.1:1\/m can't be fetched: fetch failed: ./,
    ],
    ["an address without a file", () => `${address}/none`, /^predictor: http.*\/none can't be fetched: 404 Not Found$/],
    [
      "a start page",
      () => `${address}/page`,
      /\/page is an HTML page and not a saved model: many servers answer so where/,
    ],
    ["nothing", () => `${address}/nothing`, /\/nothing is empty$/],
    ["an answer that breaks off", () => `${address}/cut`, /\/cut can't be fetched: terminated/],
    ["an error in XML", () => `${address}/xml`, /\/xml is XML and not a saved model/],
    [
      "a password, which no message repeats",
      () => address.replace("//", "//me:secret@"),
      /^(?!.*secret).*can't be fetched/,
    ],
    ["a page in a data: URL", () => `data:text/html,${"<p>".repeat(999)}`, /^predictor: a data: URL is an HTML page/],
  ])("%s", async (_, source, message) => {
    const error: unknown = await readModel(source()).catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    const said = (error as UserError).message;
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
  });
});
