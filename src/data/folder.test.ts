import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { encodeIdx } from "./idx.ts";
import { loadDataset } from "./index.ts";

const imageFile = (count: number) =>
  encodeIdx({ shape: [count, 2, 2], data: new Uint8Array(count * 4).map((_, i) => i) });
const labelFile = (count: number) => encodeIdx({ shape: [count], data: new Uint8Array(count).map((_, i) => i % 3) });

const dashed = {
  "train-images-idx3-ubyte": imageFile(12),
  "train-labels-idx1-ubyte": labelFile(12),
  "t10k-images-idx3-ubyte": imageFile(3),
  "t10k-labels-idx1-ubyte": labelFile(3),
};

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "heaviside-data-"));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Record<string, Uint8Array>): Promise<string> {
  const dir = join(root, String(made++));
  await mkdir(dir);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(dir, name), bytes);
  return dir;
}

async function refusal(load: Promise<unknown>): Promise<string> {
  const error: unknown = await load.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe("a folder of IDX files", () => {
  test("is read with a dash or a dot before idx, plain or compressed", async () => {
    const expected = await loadDataset("folder", { dir: await folderOf(dashed) });
    expect(expected).toMatchObject({ name: "folder", classes: 10, inputShape: [2, 2] });
    expect([expected.train.size, expected.valid.size, expected.test.size]).toEqual([10, 2, 3]);
    for (const rename of [
      (name: string) => name.replace("-idx", ".idx"),
      (name: string) => `${name}.gz`,
      (name: string) => `${name.replace("-idx", ".idx")}.gz`,
    ]) {
      const files = Object.entries(dashed).map(([name, bytes]) => {
        const renamed = rename(name);
        return [renamed, renamed.endsWith(".gz") ? gzipSync(bytes) : bytes];
      });
      expect(await loadDataset("folder", { dir: await folderOf(Object.fromEntries(files)) })).toEqual(expected);
    }
  });

  test("is read under the name of a data set, with that set's classes", async () => {
    const dir = await folderOf(dashed);
    expect(await loadDataset("mnist", { dir, limit: 4 })).toMatchObject({ name: "mnist", train: { size: 4 } });
    const { classNames } = await loadDataset("fashion-mnist", { dir });
    expect(classNames[1]).toBe("Trouser");
  });

  test("may have any number of classes when it is said", async () => {
    const dir = await folderOf(dashed);
    expect((await loadDataset("folder", { dir, classes: 3 })).classNames).toEqual(["0", "1", "2"]);
    expect(await refusal(loadDataset("folder", { dir, classes: 2 }))).toContain(
      "labels must be in 0..1, example 2 (counted from 0) of train-labels-idx1-ubyte has 2",
    );
  });

  test.each(Object.keys(dashed))("that lacks %s is told with the names that were tried", async (name) => {
    const { [name as keyof typeof dashed]: _, ...rest } = dashed;
    const dir = await folderOf(rest);
    const message = await refusal(loadDataset("folder", { dir }));
    const dotted = name.replace("-idx", ".idx");
    expect(message).toContain(`(tried ${name}, ${dotted}, ${name}.gz, ${dotted}.gz)`);
    expect(message).toContain(dir);
    expect(message.match(/tried/g)).toHaveLength(1);
  });

  test("that is empty is told with all that is missing", async () => {
    const message = await refusal(loadDataset("mnist", { dir: await folderOf({}) }));
    for (const what of ["training images", "training labels", "test images", "test labels"]) {
      expect(message).toContain(`the ${what} (tried`);
    }
  });

  test("that does not exist, or is a file, is told as such", async () => {
    const dir = join(root, "nowhere");
    expect(await refusal(loadDataset("folder", { dir }))).toBe(`data: ${dir} does not exist`);
    const file = join(await folderOf({ file: new Uint8Array(1) }), "file");
    expect(await refusal(loadDataset("folder", { dir: file }))).toBe(`data: ${file} is not a folder`);
  });

  test("with a folder in the place of a file is told as unreadable", async () => {
    const { "t10k-labels-idx1-ubyte": _, ...rest } = dashed;
    const dir = await folderOf(rest);
    await mkdir(join(dir, "t10k-labels-idx1-ubyte"));
    expect(await refusal(loadDataset("folder", { dir }))).toContain("t10k-labels-idx1-ubyte cannot be read");
  });

  test("with a damaged file is told by that file's name", async () => {
    const zipped = gzipSync(dashed["train-images-idx3-ubyte"]);
    const { "train-images-idx3-ubyte": _, ...rest } = dashed;
    const dir = await folderOf({ ...rest, "train-images-idx3-ubyte.gz": zipped.subarray(0, 40) });
    expect(await refusal(loadDataset("folder", { dir }))).toMatch(/^gzip: train-images-idx3-ubyte\.gz is corrupt/);
  });

  test("that is not given is asked for", async () => {
    expect(await refusal(loadDataset("folder"))).toContain("--data-dir FOLDER");
  });
});

describe("loadDataset", () => {
  test.each(["cifar", "", "constructor", "__proto__"])(
    "refuses the name '%s' and lists those it knows",
    async (name) => {
      expect(await refusal(loadDataset(name as "mnist"))).toBe(
        `data: the data sets are mnist, fashion-mnist, folder; '${name}' was given`,
      );
    },
  );
});
