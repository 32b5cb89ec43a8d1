import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { encodeIdx } from "../data/idx.ts";
import { encodeNpy, encodeNpz } from "../formats/npy.ts";
import { explore, exploreImages } from "./api.ts";
import { isTable, readArrays } from "./read-arrays.ts";
import { drawn, flowers } from "./testing.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
folderForAllTests((path) => {
  folder = path;
});
const next = drawn();
const images = Uint8Array.from({ length: 40 * 64 }, () => 256 * next());
beforeAll(async () => {
  await writeFile(at("f.csv"), ["petal,sepal,colour,species", ...flowers().map((row) => row.join())].join("\n"));
  await writeFile(at("images.npy"), encodeNpy({ shape: [40, 8, 8], data: images }));
  await writeFile(at("images-idx3-ubyte"), encodeIdx({ shape: [40, 8, 8], data: images }));
  await writeFile(at("table.npy"), encodeNpy({ shape: [3, 2], data: Float64Array.of(1, 2, 3, Number.NaN, 5, 6) }));
  await writeFile(at("labels-idx1-ubyte"), encodeIdx({ shape: [3], data: Uint8Array.of(7, 8, 7) }));
  const [x, y] = [{ shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, { shape: [3], data: Int32Array.of(0, 1, 1) }]; // biome-ignore format: one line
  await writeFile(at("xy.npz"), encodeNpz(new Map(Object.entries({ x, y, other: { shape: [9], data: new Uint8Array(9) } })))); // biome-ignore format: one line
  await writeFile(
    at("odd.npz"),
    encodeNpz(new Map(Object.entries({ a: x, b: { shape: [9], data: new Uint8Array(9) } }))),
  );
});

test("a table is explored in one call: figures, text and a page", async () => {
  const found = await explore(at("f.csv"), { target: "species", folds: 2, sample: 60, omit: ["colour"] });
  expect(found.columns.map(({ name }) => name)).toEqual(["petal", "sepal", "species"]);
  expect(found.baselines?.results).toHaveLength(6);
  expect(found.text).toMatch(/f\.csv: 180 rows, 3\s+columns/);
  expect(found.text).toContain("most frequent class");
  expect(found.text.split("\n").every((line) => line.length <= 80)).toBe(true);
  for (const part of ["<!doctype html>", "What simple models reach", "A map of the rows"]) expect(found.html).toContain(part); // biome-ignore format: one line
});

describe("files of arrays", () => {
  const columnsOf = async (name: string, omit?: readonly string[]) => {
    const read = await readArrays(at(name), omit);
    if (!isTable(read)) throw new Error("images");
    return Object.fromEntries(read.columns.map((column) => [column.name, Array.from(column.values ?? [])]));
  };

  test("of one and two axes are tables", async () => {
    expect(await columnsOf("table.npy")).toEqual({ "column 1": [1, 3, 5], "column 2": [2, Number.NaN, 6] });
    expect(await columnsOf("labels-idx1-ubyte")).toEqual({ column: [7, 8, 7] });
    expect(await columnsOf("xy.npz")).toEqual({ "x 1": [1, 3, 5], "x 2": [2, 4, 6], y: [0, 1, 1] });
    expect(Object.keys(await columnsOf("xy.npz", ["x 1"]))).toEqual(["x 2", "y"]);
    await expect(columnsOf("odd.npz")).rejects.toThrow("as many in each array, received a [3, 2], b [9]");
    await expect(columnsOf("xy.npz", ["z"])).rejects.toThrow('has no column "z"; its columns are x 1, x 2, y');
  });

  test.each(["images.npy", "images-idx3-ubyte"])(
    "%s holds images, whose places are those of the file",
    async (name) => {
      const { unusual, html } = await exploreImages(at(name));
      const mean = Array.from({ length: 64 }, (_, i) => images.filter((_, at) => at % 64 === i).reduce((a, b) => a + b, 0) / 40); // biome-ignore format: one line
      const far = Array.from({ length: 40 }, (_, n) => mean.reduce((sum, of, i) => sum + (images[64 * n + i]! - of) ** 2, 0)); // biome-ignore format: one line
      expect(unusual).toHaveLength(1);
      expect(unusual[0]?.images[0]?.example).toBe(far.indexOf(Math.max(...far)));
      expect(html).toContain("Two maps of the images");
      await expect(explore(at(name))).rejects.toThrow("exploreImages looks at images");
    },
  );
});

test("what is of the other kind is refused with the name of the other function", async () => {
  await expect(explore("mnist")).rejects.toThrow('received "mnist"; exploreImages looks at images');
  await expect(exploreImages(at("table.npy"))).rejects.toThrow("it holds rows of numbers; explore looks at these");
});
