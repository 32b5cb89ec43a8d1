import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { labCommand } from "./commands/lab.ts";
import { fakeTerminal, heaviside } from "./testing.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});
const flags = { port: "0", host: "127.0.0.1", open: false };

test("lab prints its address, serves the page, and ends with 0 at Ctrl-C", async () => {
  writeFileSync(join(folder, "index.html"), "the page");
  const { terminal, written, interrupt, watch } = fakeTerminal();
  const printed = new Promise<string>((done) => watch(done));
  const ended = labCommand({ ...flags, folder }, terminal);
  expect(await printed).toMatch(/^the lab: http:\/\/127\.0\.0\.1:\d+\/\nCtrl-C ends it\n$/);
  const [url] = /http\S+/.exec(written.out)!;
  expect(await (await fetch(url)).text()).toBe("the page");
  interrupt();
  expect(await ended).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  expect(written.err).toBe("");
});

test("lab says how the page is built where it isn't", async () => {
  const { terminal } = fakeTerminal();
  const none = join(folder, "none");
  await expect(labCommand({ ...flags, folder: none }, terminal)).rejects.toThrow(
    `lab: the page isn't built: run npm run lab:build, which writes it to ${none}`,
  );
});

test.each([["abc"], ["-1"], ["65536"], ["80.5"]])("lab refuses the port %s", async (port) => {
  const { code, err } = await heaviside("lab", "--no-open", "--port", port);
  expect(code).toBe(1);
  expect(err).toMatch(/^heaviside: lab: --port must be .*, received /);
});

test("lab refuses to watch what is no folder", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  const { code, err } = await heaviside("lab", "--no-open", "--port", "0", "--watch", file);
  expect(code).toBe(1);
  expect(err).toBe(`heaviside: lab: --watch must be a folder, received ${file}, which is none\n`);
});

test("lab serves sets of images from the folders that are named", async () => {
  const own = join(folder, "own");
  mkdirSync(own);
  for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"])
    writeFileSync(join(own, `${name}-ubyte`), name);
  writeFileSync(join(folder, "index.html"), "the page");
  const { terminal, written, interrupt, watch } = fakeTerminal();
  const printed = new Promise<string>((done) => watch(done));
  const ended = labCommand({ ...flags, folder, dataDir: [own, `fashion-mnist=${own}`] }, terminal);
  await printed;
  const [url] = /http\S+/.exec(written.out)!;
  for (const set of ["mnist", "fashion-mnist"]) {
    const answer = await fetch(`${url}data/${set}/t10k-labels-idx1-ubyte.gz`);
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString()).toBe("t10k-labels-idx1");
  }
  expect(await (await fetch(`${url}data/sets.json`)).json()).toEqual({});
  interrupt();
  expect(await ended).toBe(0);
});

test.each([
  [["none"], /^data: none does not exist$/],
  [["a", "mnist=b"], /^lab: --data-dir: mnist must have one folder, received a and b$/],
  [["fashion-mnist="], /^lab: --data-dir must name a folder, received "fashion-mnist="$/],
  [["fashion-mnist=src/lab"], /^data: src\/lab lacks the training images \(tried /],
])("lab refuses the folders %j", async (dataDir, message) => {
  writeFileSync(join(folder, "index.html"), "the page");
  const { terminal } = fakeTerminal();
  await expect(labCommand({ ...flags, folder, dataDir }, terminal)).rejects.toThrow(message);
});
