import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFolder } from "./folder.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "study-folder-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Opens a folder, begins in it and leaves it. */
async function begun(numbered: boolean, plan: object): Promise<{ path: string; resumed: boolean }> {
  const { path, resumed, begin, release } = await openFolder("mine", { path: root, numbered, plan });
  await begin();
  await release();
  return { path, resumed };
}

test("a numbered study goes on in the last folder with its plan, until that has a report", async () => {
  expect(await begun(true, { a: 1, threads: 2 })).toEqual({ path: join(root, "1"), resumed: false });
  expect(await begun(true, { a: 1, threads: 4 })).toEqual({ path: join(root, "1"), resumed: true });
  expect(await begun(true, { a: 2 })).toEqual({ path: join(root, "2"), resumed: false });
  await writeFile(join(root, "2", "report.html"), "");
  expect(await begun(true, { a: 2 })).toEqual({ path: join(root, "3"), resumed: false });
});

test("a folder whose process was killed before it wrote its plan is begun again", async () => {
  await mkdir(join(root, "1"));
  await writeFile(join(root, "1", "plan.json.0.unfinished"), "{");
  await writeFile(join(root, "1", ".lock-1"), JSON.stringify({ pid: 2 ** 30, host: hostname(), since: "then" }));
  expect(await begun(true, { a: 1 })).toEqual({ path: join(root, "1"), resumed: false });
  expect(await readdir(join(root, "1"))).toEqual(["plan.json"]);
  // With anything else in it, it is somebody's.
  await mkdir(join(root, "2"));
  await writeFile(join(root, "2", "notes"), "");
  expect(await begun(true, { a: 1 })).toEqual({ path: join(root, "3"), resumed: false });
});

test("one that was refused before it began leaves no plan: the next has the folder", async () => {
  const { release } = await openFolder("mine", { path: root, numbered: false, plan: { a: 1 } });
  await release();
  expect(await readdir(root)).toEqual([]);
  expect(await begun(false, { a: 2 })).toEqual({ path: root, resumed: false });
  await writeFile(join(root, "results.json.0.unfinished"), "{");
  expect(await begun(false, { a: 2 })).toEqual({ path: root, resumed: true });
  expect(await readdir(root)).toEqual(["plan.json"]);
});

test("another study's folder is refused, and so is one with files that a study would write over", async () => {
  await begun(false, { a: 1, b: { c: [1], sum: "0".repeat(32) }, d: 0 });
  // Nothing was done there yet.
  expect(await begun(false, { a: 1, b: { c: [1], sum: "0".repeat(32) } })).toEqual({ path: root, resumed: false });
  await writeFile(join(root, "records.jsonl"), "");
  await expect(begun(false, { a: 2, b: { c: [1, 2], sum: "1".repeat(32) }, e: true })).rejects.toThrow(
    `mine: ${root} holds another experiment (a 2, was 1; b.c [1,2], was [1]; b.sum was changed; e true, was none): restore that, or give another folder with --out`,
  );
  await rm(join(root, "records.jsonl"));
  await rm(join(root, "plan.json"));
  for (const name of ["thesis.tex", "checkpoint.safetensors", "report.html"]) await writeFile(join(root, name), "");
  await expect(begun(false, { a: 1 })).rejects.toThrow(
    /^mine: .* must be a study's folder or have none of its files, it holds (checkpoint.safetensors|report.html), (checkpoint.safetensors|report.html): choose another folder$/,
  );
  expect((await readdir(root)).sort()).toEqual(["checkpoint.safetensors", "report.html", "thesis.tex"]);
});

test("a folder with a link in it is refused, also before a study began there", async () => {
  await writeFile(join(root, "mine.txt"), "mine");
  await mkdir(join(root, "given"));
  await symlink(join(root, "mine.txt"), join(root, "given", "figure.svg"));
  const open = () => openFolder("mine", { path: join(root, "given"), numbered: false, plan: { a: 1 } });
  await expect(open()).rejects.toThrow("given may hold no links, since files in it are replaced");
  expect(await readdir(join(root, "given"))).toEqual(["figure.svg"]);
  await rm(join(root, "given", "figure.svg"));
  await (await open()).release();
});

test.each([true, false])("a folder in use is refused (numbered: %s)", async (numbered) => {
  const open = () => openFolder("mine", { path: root, numbered, plan: { a: 1 } });
  const first = await open();
  await first.begin();
  await expect(open()).rejects.toThrow("is in use by this process");
  await first.release();
  await (await open()).release();
});
