import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
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
    expect(expected).toMatchObject({
      name: "folder",
      fields: { x: { shape: [2, 2] }, label: { classes: ["0", "1", "2"] } },
    });
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
    const { fields } = await loadDataset("fashion-mnist", { dir });
    expect(fields.label.classes?.[1]).toBe("Trouser");
  });

  test("has the classes that its labels count, or as many as is said", async () => {
    const dir = await folderOf(dashed);
    const classesOfFolder = async (classes?: number) =>
      (await loadDataset("folder", { dir, classes })).fields.label.classes;
    expect(await classesOfFolder()).toEqual(["0", "1", "2"]);
    expect(await classesOfFolder(4)).toEqual(["0", "1", "2", "3"]);
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
    expect(await refusal(loadDataset("folder", { dir }))).toBe(
      `data: ${join(dir, "t10k-labels-idx1-ubyte")} cannot be read (it is a folder that holds no such file)`,
    );
  });

  test("is read as Kaggle lays MNIST out: folders of a file's name, beside files with dots and alone", async () => {
    const expected = await loadDataset("folder", { dir: await folderOf(dashed) });
    const dotted = Object.entries(dashed).map(([name, bytes]) => [name.replace("-idx", ".idx"), bytes] as const);
    for (const files of [Object.fromEntries(dotted), {}]) {
      const dir = await folderOf(files);
      for (const [name, bytes] of Object.entries(dashed)) {
        await mkdir(join(dir, name));
        await writeFile(join(dir, name, name), bytes);
      }
      expect(await loadDataset("folder", { dir })).toEqual(expected);
    }
  });

  test("prefers a file to one of its name within a folder", async () => {
    const dir = await folderOf(dashed);
    await mkdir(join(dir, "t10k-labels.idx1-ubyte"));
    await writeFile(
      join(dir, "t10k-labels.idx1-ubyte", "t10k-labels-idx1-ubyte"),
      encodeIdx({ shape: [3], data: Uint8Array.of(2, 2, 2) }),
    );
    expect(Array.from((await loadDataset("folder", { dir })).test.fields.label.data)).toEqual([0, 1, 2]);
  });

  test.each<[string, (name: string) => string]>([
    ["upper case", (name) => name.toUpperCase()],
    ["another number", (name) => name.replace("idx3", "idx2").replace("idx1", "idx2")],
    ["another type", (name) => name.replace("ubyte", "float")],
    ["no type", (name) => name.replace("-ubyte", "")],
    ["the end .gz, though it is plain", (name) => `${name}.gz`],
  ])("is read with names in %s", async (_, rename) => {
    const files = Object.entries(dashed).map(([name, bytes]) => [rename(name), bytes]);
    const expected = await loadDataset("folder", { dir: await folderOf(dashed) });
    expect(await loadDataset("folder", { dir: await folderOf(Object.fromEntries(files)) })).toEqual(expected);
  });

  test("is read with images of one row, of three axes, and of floats, in the names that such files have", async () => {
    const { "train-images-idx3-ubyte": _, "t10k-images-idx3-ubyte": __, ...labels } = dashed;
    for (const [shape, data] of [
      [[4], (count: number) => new Uint8Array(4 * count).fill(255)],
      [[2, 1, 2], (count: number) => new Float64Array(4 * count).fill(1)],
    ] as const) {
      const file = (count: number) => encodeIdx({ shape: [count, ...shape], data: data(count) });
      const type = shape.length === 1 ? "ubyte" : "double";
      const [train, held] = ["train", "t10k"].map((part) => `${part}-images.idx${shape.length + 1}-${type}`);
      const dir = await folderOf({ ...labels, [train!]: file(12), [held!]: gzipSync(file(3)) });
      const set = await loadDataset("folder", { dir });
      expect(set.fields.x.shape).toEqual(shape);
      expect(set.test.fields.x.data).toEqual(new Float32Array(12).fill(1));
    }
  });

  test("is read from a plain file that is gzip in truth", async () => {
    const expected = await loadDataset("folder", { dir: await folderOf(dashed) });
    const dir = await folderOf({ ...dashed, "train-images-idx3-ubyte": gzipSync(imageFile(12)) });
    expect(await loadDataset("folder", { dir })).toEqual(expected);
  });

  test("prefers the published name, without .gz, with a dash", async () => {
    const other = encodeIdx({ shape: [3], data: Uint8Array.of(2, 2, 2) });
    for (const name of ["T10K-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte", "t10k-labels-idx3-ubyte"]) {
      const { test: held } = await loadDataset("folder", { dir: await folderOf({ ...dashed, [name]: other }) });
      expect(Array.from(held.fields.label.data)).toEqual([0, 1, 2]);
    }
  });
});

describe("a folder with something that can't be read", () => {
  const name = "train-labels-idx1-ubyte";
  const put: Record<string, (path: string) => unknown> = {
    "it is empty": (path) => writeFile(path, ""),
    "it is a link to nothing": (path) => symlink("nowhere", path),
    "it is a link to itself": (path) => symlink(path, path),
    "it is a pipe, a socket or a device, not a file": (path) => execFileSync("mkfifo", [path]),
    "it is a folder that holds no such file": (path) => mkdir(path),
  };

  test.skipIf(process.platform === "win32").each(Object.keys(put))(
    "says '%s', and reads another file",
    async (fault) => {
      const { [name]: labels, ...rest } = dashed;
      const dir = await folderOf(rest);
      const path = join(dir, name);
      await put[fault]!(path);
      expect(await refusal(loadDataset("folder", { dir }))).toBe(`data: ${path} cannot be read (${fault})`);

      await writeFile(`${path}.gz`, gzipSync(labels));
      const { warnings, ...data } = await loadDataset("folder", { dir });
      expect(warnings).toEqual([`${path} cannot be read (${fault}): ${name}.gz was read instead`]);
      expect(data).toEqual(await loadDataset("folder", { dir: await folderOf(dashed) }));
    },
  );

  test("names a device that never ends", async () => {
    const { [name]: _, ...rest } = dashed;
    const dir = await folderOf(rest);
    await symlink("/dev/zero", join(dir, name));
    expect(await refusal(loadDataset("folder", { dir }))).toContain("a pipe, a socket or a device, not a file");
  });

  test("refuses a plain file of the wrong length and names the one beside it, which may be older", async () => {
    for (const [bytes, fault] of [
      [dashed[name].subarray(0, 15), "ends after 15 bytes, its header promises 20"],
      [Buffer.concat([dashed[name], Buffer.from("x")]), "goes on after the 20 bytes that its header promises"],
    ] as const) {
      const dir = await folderOf({ ...dashed, [name]: bytes, [`${name}.gz`]: gzipSync(dashed[name]) });
      expect(await refusal(loadDataset("folder", { dir }))).toBe(
        `idx: ${name} ${fault}; without it, ${name}.gz would be read`,
      );
    }
  });

  test("refuses a file of 2 TB by its length, and one that is larger than memory, before reading it", async () => {
    const dir = await folderOf(dashed);
    await truncate(join(dir, name), 2e12);
    expect(await refusal(loadDataset("folder", { dir }))).toContain("goes on after the 20 bytes");
    // A file that says it is gzip may be of any length.
    await writeFile(join(dir, name), Uint8Array.of(0x1f, 0x8b, 8, 0));
    await truncate(join(dir, name), 2e12);
    expect(await refusal(loadDataset("folder", { dir }))).toMatch(
      /train-labels-idx1-ubyte takes 2000 GB of memory, \d.* GB are available$/,
    );
  });
});

describe("a folder of IDX files", () => {
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
  test.each(["svhn", "", "constructor", "__proto__"])(
    "refuses the name '%s' and lists those it knows",
    async (name) => {
      expect(await refusal(loadDataset(name as "mnist"))).toBe(
        `data: the data sets are mnist, fashion-mnist, cifar10, cifar100, folder, images, table, npz, adding, copy, parity, sequential-mnist, manifolds, characters, strokes, iam-online, circles, moons, spirals, xor, clouds; '${name}' was given`,
      );
    },
  );

  test("refuses options that it does not know, and classes that are not those of the data set", async () => {
    expect(await refusal(loadDataset("folder", { dir: "x", limits: 3 } as object))).toBe(
      "data: the options are dir, limit, classes, splitSeed (did you mean limit?), received limits",
    );
    expect(await refusal(loadDataset("mnist", { dir: await folderOf(dashed), classes: 3 }))).toContain(
      "3 classes need as many names, 10 were given",
    );
  });
});
