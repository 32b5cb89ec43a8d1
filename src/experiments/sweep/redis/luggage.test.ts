import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForEachTest } from "../../../../test/support/temporary.ts";
import { encodeSafetensors } from "../../../formats/safetensors.ts";
import { encodeZip } from "../../../formats/zip.ts";
import { FileError } from "../../../runs/index.ts";
import { layOut, pack, unpacked } from "./luggage.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});
const checkpoint = encodeSafetensors({ metadata: {}, arrays: new Map() });
type Files = Readonly<Record<string, string | Uint8Array>>;
const files: Files = {
  "checkpoint.safetensors": checkpoint,
  "config.json": "{}",
  "metrics.jsonl": '{"epoch":1}\n',
};
function runAt(name: string, contents: Files = files): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(path, file), text);
  return path;
}
const zipOf = (contents: Files): Uint8Array =>
  encodeZip(new Map(Object.entries(contents).map(([name, of]) => [name, Buffer.from(of)])));

describe("a run folder that travels", () => {
  it("arrives as it left, without what is of its machine alone", async () => {
    const from = runAt("from", { ...files, ".lock-1": "{}", "report.html": "large" });
    const to = runAt("to", { "result.json": "of an earlier run" });
    await layOut(unpacked((await pack(from))!, "archive"), to);
    expect(readdirSync(to).sort()).toEqual(Object.keys(files));
    for (const [file, content] of Object.entries(files))
      expect(readFileSync(join(to, file))).toEqual(Buffer.from(content));
  });

  it("stays where it has no checkpoint", async () => {
    expect(await pack(runAt("new", { "config.json": "{}" }))).toBeUndefined();
    expect(await pack(join(folder, "nowhere"))).toBeUndefined();
  });

  it("writes no file that a run folder hasn't, whatever an archive holds", async () => {
    const archive = zipOf({ ...files, "../escape": "x", "/etc/escape": "x" });
    await layOut(unpacked(archive, "archive"), join(folder, "to"));
    expect(readdirSync(folder)).toEqual(["to"]);
    expect(readdirSync(join(folder, "to")).sort()).toEqual(Object.keys(files));
  });

  it("is refused where it is damaged, or holds what no training wrote", () => {
    expect(() => unpacked(new Uint8Array(30), "key")).toThrow(/^zip: key /);
    const { "config.json": _, ...less } = files;
    const wrong: readonly (readonly [Files, RegExp])[] = [
      [{}, /^key must be a run folder, it has no checkpoint/],
      [less, /^key must be a run folder, it has no config/],
      [{ ...files, "checkpoint.safetensors": checkpoint.with(20, checkpoint[20]! ^ 1) }, /checkpoint.*key /],
      [{ ...files, "config.json": "{" }, /^key: config\.json:1:2: must be JSON/],
      [{ ...files, "result.json": "1" }, /^key: result\.json must be an object, received 1/],
      [{ ...files, "metrics.jsonl": "{}\nx\n{}\n" }, /^key: metrics\.jsonl:2:1: must be JSON/],
    ];
    for (const [contents, message] of wrong) expect(() => unpacked(zipOf(contents), "key")).toThrow(message);
    // A line that a crash has cut off is none.
    expect(unpacked(zipOf({ ...files, "metrics.jsonl": '{"epoch":1}\n{"ep' }), "key").size).toBe(3);
  });

  it("says what the system refuses as its fault, and not the archive's", async () => {
    const found = unpacked(zipOf(files), "archive");
    writeFileSync(join(folder, "file"), "");
    await expect(layOut(found, join(folder, "file", "run"))).rejects.toBeInstanceOf(FileError);
  });
});
