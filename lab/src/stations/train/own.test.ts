import { expect, test } from "vitest";
import { fromEntries, fromFiles, kindOf, sameOwn } from "./own.ts";

const file = (path: string): File => {
  const name = path.replace(/^.*\//, "");
  return Object.defineProperty(new File(["x"], name), "webkitRelativePath", { value: path.includes("/") ? path : "" });
};
/** What a browser gives for a dropped file or folder: entries of a folder come in batches of two. */
function entry(name: string, within?: readonly FileSystemEntry[]): FileSystemEntry {
  if (!within) {
    const own = {
      name,
      isFile: true,
      isDirectory: false,
      file: (take: (file: File) => void) => take(new File(["x"], name)),
    };
    return own as unknown as FileSystemEntry;
  }
  const createReader = () => {
    let at = 0;
    return {
      readEntries(take: (batch: readonly FileSystemEntry[]) => void) {
        at += 2;
        take(within.slice(at - 2, at));
      },
    };
  };
  return { name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}
const seen = (own: ReturnType<typeof fromFiles>) =>
  own && { name: own.name, paths: own.files.map(({ path }) => path), kind: kindOf(own) };

const idx = [
  "train-images-idx3-ubyte.gz",
  "train-labels.idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

test.each([
  [["a.csv"], { name: "a.csv", paths: ["a.csv"], kind: "table" }],
  [["a.png", "b.tsv", "c.csv"], { name: "b.tsv", paths: ["b.tsv"], kind: "table" }],
  [["numbers"], { name: "numbers", paths: ["numbers"], kind: "table" }],
  [["A.NPZ"], { name: "A.NPZ", paths: ["A.NPZ"], kind: "npz" }],
  [["a.png", "b.jpeg"], { name: ".", paths: ["a.png", "b.jpeg"], kind: "images" }],
  [idx, { name: ".", paths: idx, kind: "folder" }],
  [
    ["p/cat/1.png", "p/dog/2.png", "p/list.csv"],
    { name: "./p", paths: ["cat/1.png", "dog/2.png", "list.csv"], kind: "images" },
  ],
  [idx.map((name) => `mnist/${name}`), { name: "./mnist", paths: idx, kind: "folder" }],
  [[`k/${idx[0]}/${idx[0]}`], { name: "./k", paths: [`${idx[0]}/${idx[0]}`], kind: "folder" }],
])("files %j are what the library reads", (paths, wanted) => {
  expect(seen(fromFiles(paths.map(file)))).toEqual(wanted);
});

test("a dropped folder is read whole, however many batches it comes in", async () => {
  const images = ["1.png", "2.png", "3.png", "4.png", "5.png"].map((name) => entry(name));
  const photos = entry("photos", [
    entry("cat", images),
    entry("a.txt"),
    entry("dog", [entry("deep", images.slice(3))]),
  ]);
  expect(seen(await fromEntries([entry("b.csv"), photos]))).toEqual({
    name: "./photos",
    paths: ["a.txt", ...["1", "2", "3", "4", "5"].map((name) => `cat/${name}.png`), "dog/deep/4.png", "dog/deep/5.png"],
    kind: "images",
  });
  expect(seen(await fromEntries([entry("b.csv")]))).toEqual({ name: "b.csv", paths: ["b.csv"], kind: "table" });
  expect([await fromEntries([]), fromFiles([])]).toEqual([undefined, undefined]);
});

test("too many files, and a folder that can't be read, are said", async () => {
  expect(() => fromFiles(new Array(20_001).fill(file("all/a/1.png")))).toThrow(
    "data: all must have at most 20000 files to be read in a page, it has 20001: the command line reads any number",
  );
  const many = entry("all", new Array(20_001).fill(entry("1.png")));
  await expect(fromEntries([many])).rejects.toThrow("data: ./all must have at most 20000 files");
  const locked = {
    ...{ name: "locked", isFile: false, isDirectory: true },
    createReader: () => ({
      readEntries: (_: unknown, fail: (e: unknown) => void) => fail(new DOMException("no access")),
    }),
  } as unknown as FileSystemEntry;
  await expect(fromEntries([locked])).rejects.toThrow("data: ./locked cannot be read (no access)");
});

test("files are the same by name, size and time, and one that isn't there is no other", () => {
  const own = (text: string, lastModified: number, name = "a.csv") => ({
    ...{ name, files: [{ path: name, file: new File([text], name, { lastModified }) }] },
  });
  expect(sameOwn(own("1", 5), own("2", 5))).toBe(true);
  expect([own("12", 5), own("1", 6), own("1", 5, "b.csv")].map((other) => sameOwn(own("1", 5), other))).toEqual([
    false,
    false,
    false,
  ]);
  expect(sameOwn(undefined, own("1", 5))).toBe(true);
});
