import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "jpeg-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ImagesOptions, loadDataset } from "../index.ts";
import { pngFile } from "./testing.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(file: string, content: Uint8Array | string): void {
  mkdirSync(join(dir, file, ".."), { recursive: true });
  writeFileSync(join(dir, file), content);
}

/** An image of one colour. */
const plain = (width: number, height: number, [red, green, blue]: readonly [number, number, number]): Uint8Array =>
  pngFile({ width, height, samples: Array.from({ length: width * height }, () => [red, green, blue]).flat() });
const greyFile = (value: number, width = 4, height = 3): Uint8Array =>
  pngFile({ width, height, type: 0, samples: new Array(width * height).fill(value) });

/** As many grey files for each class; pixels tell the class and the number. */
function putClasses(counts: Readonly<Record<string, number>>, within = ""): void {
  Object.entries(counts).forEach(([name, count], label) => {
    for (let i = 0; i < count; i++) put(`${within}${name}/${i}.png`, greyFile(((100 * label) % 256) + i));
  });
}

const load = (options: ImagesOptions = {}) => loadDataset("images", { dir, ...options });
const values = ({ fields: { x } }: { fields: { x: { data: ArrayLike<number>; shape: readonly number[] } } }) => {
  const each = x.data.length / x.shape[0]!;
  return Array.from({ length: x.shape[0]! }, (_, i) => Math.round(255 * x.data[i * each]!));
};

describe("a folder for each class", () => {
  test("gives classes the names of their folders, numbers in their order", async () => {
    putClasses({ "10": 3, "9": 3, b: 3, a: 3 });
    const { fields } = await load();
    expect(fields.label.classes).toEqual(["9", "10", "a", "b"]);
  });

  test("is split by seed in proportion to the classes, each image once", async () => {
    putClasses({ cat: 24, dog: 12 });
    const data = await load();
    const { train, valid, test: tested, splitNote } = data;
    expect([train.size, valid.size, tested.size]).toEqual([24, 6, 6]);
    expect([...valid.fields.label.data].sort()).toEqual([0, 0, 0, 0, 1, 1]);
    const all = [...values(train), ...values(valid), ...values(tested)].sort((a, b) => a - b);
    expect(all).toEqual([...Array(24).keys(), ...Array.from({ length: 12 }, (_, i) => 100 + i)]);
    values(train).forEach((value, i) => expect(train.fields.label.data[i]).toBe(value >= 100 ? 1 : 0));
    expect(splitNote).toBe(
      "36 images: 24 to train on, 6 to validate, 6 to test, drawn by seed 0 in proportion to the classes.",
    );
    expect(values((await load()).train)).toEqual(values(train));
    expect(values((await load({ splitSeed: 1 })).train)).not.toEqual(values(train));
  });

  test("takes shares, numbers and a limit", async () => {
    putClasses({ cat: 20, dog: 20 });
    const data = await load({ valid: 0.25, test: 4, limit: 6 });
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([6, 10, 4]);
    expect(data.splitNote).toContain("The limit omits 20.");
    const more = await load({ valid: 0.25, test: 4, limit: 99 });
    expect(more.train.size).toBe(26);
    expect(more.warnings).toEqual(["the limit of 99 is more than the 26 examples to train on: all of them are used"]);
  });

  test("reads grey files as [rows, columns], and with one in colours all as [rows, columns, 3]", async () => {
    putClasses({ cat: 4, dog: 4 });
    const grey = await load();
    expect(grey.fields.x).toMatchObject({ shape: [3, 4], image: { colour: "grey" } });
    put("cat/red.png", plain(4, 3, [255, 0, 51]));
    const colours = await load();
    expect(colours.fields.x).toMatchObject({ shape: [3, 4, 3], image: { colour: "rgb" } });
    const { data } = colours.train.fields.x;
    const at = data.indexOf(1);
    expect([...data.subarray(at, at + 3)]).toEqual([1, 0, Math.fround(0.2)]);
    expect((await load({ colour: "grey" })).fields.x.shape).toEqual([3, 4]);
  });

  test("reads PNG and JPEG files beside each other, by what they hold and not by their name", async () => {
    putClasses({ cat: 4 });
    const pixels = new Uint8Array(4 * 12).fill(200);
    for (const name of ["a.jpg", "b.JPEG", "c.png", "d.jpg"])
      put(`dog/${name}`, encode({ width: 4, height: 3, data: pixels }, 95).data);
    const { train } = await load({ colour: "grey" });
    const dogs = values(train).filter((_, i) => train.fields.label.data[i] === 1);
    expect(dogs.length).toBeGreaterThan(1);
    for (const value of dogs) expect(Math.abs(value - 200)).toBeLessThan(4);
  });

  test("brings images to the size that is asked for, and says how", async () => {
    putClasses({ cat: 4 });
    for (let i = 0; i < 4; i++) put(`dog/${i}.png`, greyFile(200, 10, 20));
    await expect(load()).rejects.toThrow(
      /must be of one size, \w+\/\d.png is (3x4|20x10) \(rows x columns\) and \w+\/\d.png (20x10|3x4); give the size that they shall have, as size=3x4/,
    );
    const { fields, train } = await load({ size: "6x5" });
    expect(fields.x).toMatchObject({ shape: [6, 5], image: { colour: "grey", fit: "crop" } });
    expect(new Set(values(train)).has(200)).toBe(true);
    expect((await load({ size: "7", fit: "pad" })).fields.x).toMatchObject({ shape: [7, 7], image: { fit: "pad" } });
  });

  test("names what isn't read in a warning, and reads the rest", async () => {
    putClasses({ cat: 4, dog: 4 });
    put("cat/.DS_Store", "x");
    put("dog/notes.txt", "x");
    put("dog/more/1.png", greyFile(1));
    put("empty/readme.md", "x");
    put("list.csv", "x");
    const { warnings, fields } = await load();
    expect(fields.label.classes).toEqual(["cat", "dog"]);
    expect(warnings).toEqual([
      "these were not read as images: list.csv, cat/.DS_Store, dog/more/, dog/notes.txt, empty/readme.md, empty/ (it has no images)",
    ]);
  });

  test("takes no hidden folder for a class", async () => {
    putClasses({ cat: 4, dog: 4, ".thumbs": 2 });
    const { fields, warnings } = await load();
    expect(fields.label.classes).toEqual(["cat", "dog"]);
    expect(warnings).toEqual(["this was not read as images: .thumbs"]);
  });

  test("follows links to folders and files", async () => {
    putClasses({ cat: 4, dog: 4 });
    symlinkSync(join(dir, "dog"), join(dir, "wolf"));
    expect((await load()).fields.label.classes).toEqual(["cat", "dog", "wolf"]);
  });
});

describe("folders train, valid and test", () => {
  test("are the splits", async () => {
    putClasses({ cat: 3, dog: 2 }, "train/");
    putClasses({ cat: 1, dog: 1 }, "val/");
    put("test/dog/only.png", greyFile(7));
    const { train, valid, test: tested, splitNote } = await load();
    expect([train.size, valid.size, tested.size]).toEqual([5, 2, 1]);
    expect([...tested.fields.label.data]).toEqual([1]);
    expect(splitNote).toBe("8 images: 5 to train on, 2 to validate, 1 to test, as its folders say.");
    await expect(load({ valid: 0.5 })).rejects.toThrow("has a folder valid, so that valid 0.5 draws nothing: omit it");
  });

  test("name what lies beside the classes in a warning", async () => {
    putClasses({ cat: 12, dog: 12 }, "train/");
    put("train/loose.png", greyFile(1));
    put("train/.DS_Store", "x");
    put("notes.txt", "x");
    expect((await load()).warnings).toEqual([
      "these were not read as images: notes.txt, train/.DS_Store, train/loose.png",
    ]);
  });

  test("a split without a folder is drawn from the folder to train on", async () => {
    putClasses({ cat: 12, dog: 12 }, "train/");
    putClasses({ cat: 2, dog: 2 }, "test/");
    const { train, valid, test: tested, splitNote } = await load();
    expect([train.size, valid.size, tested.size]).toEqual([20, 4, 4]);
    expect(splitNote).toContain("as its folders say, those to validate drawn by seed 0 in proportion to the classes");
  });

  test("a class may be called train", async () => {
    putClasses({ train: 4, car: 4 });
    expect((await load()).fields.label.classes).toEqual(["car", "train"]);
  });

  test("must have the classes of the folder to train on", async () => {
    putClasses({ cat: 3, dog: 3 }, "train/");
    putClasses({ cat: 3, cow: 3 }, "test/");
    await expect(load()).rejects.toThrow(
      "test/cow/0.png is of the class cow, which the folder to train on lacks; its classes are cat, dog",
    );
  });
});

describe("damaged files", () => {
  test("are named with their reasons, all at once", async () => {
    putClasses({ cat: 4, dog: 4 });
    const whole = greyFile(9);
    put("cat/short.png", whole.subarray(0, 40));
    put("dog/empty.jpg", "");
    put("dog/text.png", "no image");
    const message = await load().then(String, (error: Error) => error.message);
    expect(message).toMatch(/^data: 3 images of .* cannot be read: .*; repair them or take them out of the folder$/);
    expect(message).toContain("dog/empty.jpg (it is empty)");
    expect(message).toContain("dog/text.png (it is no PNG or JPEG file)");
    expect(message).toContain("cat/short.png (it ends early)");
    rmSync(join(dir, "dog/empty.jpg"));
    rmSync(join(dir, "dog/text.png"));
    await expect(load()).rejects.toThrow(/an image of .* cannot be read: cat\/short.png \(it ends early\); repair it/);
  });

  test.runIf(process.platform !== "win32")(
    "pipes, devices and links to nothing are named, and not waited for",
    async () => {
      putClasses({ cat: 4, dog: 4 });
      execFileSync("mkfifo", [join(dir, "cat/pipe.png")]);
      symlinkSync("/dev/zero", join(dir, "cat/zero.png"));
      symlinkSync("nowhere", join(dir, "dog/gone.png"));
      const message = await load().then(String, (error: Error) => error.message);
      expect(message).toContain("cat/pipe.png (it is a pipe, a socket or a device, not a file)");
      expect(message).toContain("cat/zero.png (it is a pipe, a socket or a device, not a file)");
      expect(message).toContain("dog/gone.png (it is a link to nothing)");
    },
  );

  test("are counted where there are more than 20", async () => {
    putClasses({ cat: 4, dog: 4 });
    for (let i = 0; i < 21; i++) put(`dog/text${i}.png`, "no image");
    const message = await load().then(String, (error: Error) => error.message);
    expect(message).toContain("21 images");
    expect(message.match(/no PNG or JPEG/g)).toHaveLength(20);
    expect(message).toContain("; and 1 more; repair them");
  });

  test("a file that claims more pixels than it can have is refused before memory is taken for it", async () => {
    putClasses({ cat: 4, dog: 4 });
    const size = (bytes: Uint8Array) => bytes.set([0, 0, 0x27, 0x10, 0, 0, 0x27, 0x0f], 0);
    put("dog/bomb.png", pngFile({ width: 4, height: 3, type: 0, samples: new Array(12).fill(0), header: size }));
    await expect(load({ size: "4x4" })).rejects.toThrow("dog/bomb.png (it has fewer pixels than its header says)");
    put(
      "dog/bomb.png",
      pngFile({ width: 4, height: 3, samples: new Array(36).fill(0), header: (b) => b.fill(9, 0, 8) }),
    );
    await expect(load({ size: "4x4" })).rejects.toThrow(/dog\/bomb.png \(it has \d+ million pixels/);
  });
});

test.each<[string, ImagesOptions, string]>([
  ["no folder", { dir: undefined }, "the data set 'images' needs a folder; give one with --data-dir FOLDER"],
  ["a folder that isn't there", { dir: "/nowhere/at/all" }, "data: /nowhere/at/all does not exist"],
  [
    "a size in words",
    { size: "small" },
    'size must be rows x columns of at most 4096 pixels, as in 28x28, received "small"',
  ],
  ["a size of 0", { size: "0x4" }, "size must be rows x columns"],
  ["a colour", { colour: "cmyk" as "rgb" }, "data: colour must be one of rgb, grey"],
  ["a fit without a size", { fit: "pad" }, "data: fit pad needs a size to fit images to"],
  ["a limit of 0", { limit: 0 }, "data: limit must be a whole number at least 1, received 0"],
  ["parts that are too large", { valid: 5, test: 4 }, "has 8 images, too few for 5 to validate, 4 to test"],
])("refuses %s", async (_, options, message) => {
  putClasses({ cat: 4, dog: 4 });
  await expect(load(options)).rejects.toThrow(message);
});

test("refuses a folder without classes, and one with a single class", async () => {
  put("1.png", greyFile(1));
  await expect(load()).rejects.toThrow(
    "must have a folder of PNG or JPEG files for each of at least 2 classes, it has 1 image and no folders",
  );
  putClasses({ cat: 4 });
  await expect(load()).rejects.toThrow("it has only cat");
});
