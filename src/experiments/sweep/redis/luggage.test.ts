import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForEachTest, refusal } from "../../../../test/support/temporary.ts";
import { encodeZip } from "../../../formats/zip.ts";
import { pack, unpack } from "./luggage.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});
const files = {
  "checkpoint.safetensors": "weights",
  "config.json": "{}",
  "metrics.jsonl": '{"epoch":1}\n',
};
function runAt(name: string, contents: Readonly<Record<string, string>> = files): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(path, file), text);
  return path;
}

describe("a run folder that travels", () => {
  it("arrives as it left, without what is of its machine alone", async () => {
    const from = runAt("from", { ...files, ".lock-1": "{}", "report.html": "large" });
    const to = runAt("to", { "result.json": "of an earlier run" });
    await unpack((await pack(from))!, to, "archive");
    expect(readdirSync(to).sort()).toEqual(Object.keys(files));
    for (const [file, text] of Object.entries(files)) expect(readFileSync(join(to, file), "utf8")).toBe(text);
  });

  it("stays where it has no checkpoint", async () => {
    expect(await pack(runAt("new", { "config.json": "{}" }))).toBeUndefined();
    expect(await pack(join(folder, "nowhere"))).toBeUndefined();
  });

  it("writes no file that a run folder hasn't, whatever an archive holds", async () => {
    const bytes = new TextEncoder().encode("x");
    const archive = encodeZip(new Map([["../escape", bytes], ["config.json", bytes], ["/etc/escape", bytes]])); // biome-ignore format: one line
    await unpack(archive, join(folder, "to"), "archive");
    expect(readdirSync(folder)).toEqual(["to"]);
    expect(readdirSync(join(folder, "to"))).toEqual(["config.json"]);
  });

  it("is refused where it is damaged, and nothing is removed for it", async () => {
    const to = runAt("to");
    expect(await refusal(unpack(new Uint8Array(30), to, "key"))).toMatch(/^zip: key /);
    expect(readdirSync(to).sort()).toEqual(Object.keys(files));
  });
});
