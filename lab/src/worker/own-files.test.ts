import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filesIn } from "../../../src/data/disk.ts";
import { findFiles } from "../../../src/data/find-idx.ts";
import { imagesIn } from "../../../src/data/images/in-files.ts";
import { pngFile } from "../../../src/data/images/testing.ts";
import { filesOf, type Own } from "./own-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "own-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(file: string, content: Uint8Array | string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), content);
}
const grey = (value: number): Uint8Array =>
  pngFile({ width: 3, height: 2, type: 0, samples: new Array(6).fill(value) });

/** The folder as a page has it, in an order of its own. */
const chosen = (): Own => ({
  name: dir,
  files: readdirSync(dir, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(dir.length + 1), file: new Blob([readFileSync(path)]) }))
    .reverse(),
});
const both = async <T>(read: (files: Awaited<ReturnType<typeof filesIn>>) => Promise<T>) =>
  Promise.all(
    [await filesIn(dir), { ...filesOf(chosen()), pathOf: (path: string) => join(dir, path) }].map((files) =>
      read(files).catch((error: Error) => error.message),
    ),
  );

test("a folder of images is that of the disk: classes, order, splits, pixels and warnings", async () => {
  for (let i = 0; i < 30; i++) put(`${["10", "9", "cat"][i % 3]}/${i}.png`, grey(i));
  put(".git/config", "x");
  put("9/.DS_Store", "x");
  put("cat/more/1.png", grey(1));
  put("list.csv", "x");
  const [onDisk, here] = await both((files) => imagesIn(files, { splitSeed: 3 }));
  expect(here).toEqual(onDisk);
  expect(here).toMatchObject({ fields: { label: { classes: ["9", "10", "cat"] } } });
  put("cat/bad.png", grey(1).slice(0, 40));
  put("9/empty.png", "");
  const [said, same] = await both((files) => imagesIn(files, {}));
  expect(same).toBe(said);
  expect(said).toContain("9/empty.png (it is empty)");
  rmSync(join(dir, "9"), { recursive: true });
  rmSync(join(dir, "10"), { recursive: true });
  const [lone, alone] = await both((files) => imagesIn(files, {}));
  expect(alone).toBe(lone);
});

test("four IDX files are those of the disk, and so is what is said of others", async () => {
  put("train-images-idx3-ubyte", "1");
  put("train-images-idx3-ubyte.gz", "2");
  put("train-labels.idx1-ubyte/train-labels.idx1-ubyte", "3");
  put("t10k-images-idx3-ubyte", "");
  put("t10k-images.idx3-ubyte", "4");
  const [lacking, same] = await both((files) => findFiles(files, " (hint)"));
  expect(same).toBe(lacking);
  expect(lacking).toContain("lacks the test labels");
  put("t10k-labels-idx1-ubyte", "5");
  const [onDisk, here] = await both((files) => findFiles(files, ""));
  expect(here).toEqual(onDisk);
  expect(here).toMatchObject({ found: { trainLabels: { file: "train-labels.idx1-ubyte/train-labels.idx1-ubyte" } } });
});

test("a file that was written again since it was chosen is named", async () => {
  const gone = Object.assign(new Blob(["x"]), { arrayBuffer: () => Promise.reject(new DOMException("gone")) });
  const files = filesOf({ name: "./p", files: [{ path: "a/1.png", file: gone }] });
  await expect(files.read("a/1.png")).rejects.toThrow("it is no longer as it was when you chose it");
});
