import { writeFileSync } from "node:fs";
import { join } from "node:path";
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
