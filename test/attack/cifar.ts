import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LabelledDataset, type LabelledSplit, loadDataset } from "../../src/data/index.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { pipeIn } from "./pipe.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Folders of CIFAR's binary files, damaged, forged and moved: each is read as their description says, or refused. */
export const cifar: Suite = {
  name: "cifar",
  about: "damaged and forged folders of CIFAR-10 and CIFAR-100, beside a simple reader",
  cases: 400,
  full: 100_000,
  run: (options) => eachCase(options, (seed) => oneCase(new Draws(seed), options.folder)),
};

/** From the pages that publish them: the names of the files, and how many classes each byte before the pixels counts. */
const sets = {
  cifar10: {
    files: [
      "data_batch_1.bin",
      "data_batch_2.bin",
      "data_batch_3.bin",
      "data_batch_4.bin",
      "data_batch_5.bin",
      "test_batch.bin",
    ],
    archive: "cifar-10-batches-bin",
    bounds: [10],
  },
  cifar100: { files: ["train.bin", "test.bin"], archive: "cifar-100-binary", bounds: [20, 100] },
} as const;

/** What lies under a file's name: its bytes, or "absent" where nothing or something else is there. */
type Content = Uint8Array | "absent" | "endless";
interface Place {
  /** Of the set's files, in their order. */
  readonly contents: readonly Content[];
}
type Name = keyof typeof sets;

const PIXELS = 3072;

function drawnRecords(draws: Draws, bounds: readonly number[], count: number): Buffer {
  const start = draws.bytes(1)[0]!;
  const record = PIXELS + bounds.length;
  // All 256 values at all places of the three planes, in another order for each image.
  const bytes = Buffer.from(Uint8Array.from({ length: count * record }, (_, i) => start + i * 7 + Math.floor(i / 251)));
  for (let i = 0; i < count; i++) bytes.set(bounds.map((bound) => draws.below(bound)), i * record); // biome-ignore format: one line
  return bytes;
}

/** Bytes of a file with as many images as before or others: whole records are lost, doubled or moved, or a label is no class. */
function forged(bytes: Buffer, record: number, draws: Draws): Uint8Array {
  const count = bytes.length / record;
  const at = draws.below(count) * record;
  const one = bytes.subarray(at, at + record);
  switch (draws.below(6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + record)]);
    case 1:
      return Buffer.concat([bytes, one]);
    case 2:
      return Buffer.concat([one, bytes.subarray(0, at), bytes.subarray(at + record)]);
    default: {
      const copy = Buffer.from(bytes);
      copy[at + draws.below(record - PIXELS)] = draws.of([9, 10, 19, 20, 99, 100, 255]);
      return copy;
    }
  }
}

/** Puts a file somewhere, or something in its place. */
function put(path: string, good: Buffer, record: number, draws: Draws, home: string): Content {
  const file = (bytes: Uint8Array): Content => {
    writeFileSync(path, bytes);
    return bytes;
  };
  if (!draws.oneIn(5)) return file(good);
  const kinds: (() => Content)[] = [
    () => file(new Uint8Array(draws.of(Object.values(damages))(good, draws))),
    ...Array.from({ length: 5 }, () => () => file(forged(good, record, draws))),
    () => "absent",
    () => {
      mkdirSync(path);
      return "absent";
    },
    () => {
      symlinkSync(draws.of(["nowhere", path, "/dev/zero", "."]), path);
      return "absent";
    },
    () => {
      writeFileSync(`${path}.other`, good);
      symlinkSync(`${path}.other`, path);
      return good;
    },
    () => {
      linkSync(pipeIn(home), path);
      return "absent";
    },
    () => {
      writeFileSync(path, good);
      // Takes no place on the disk.
      truncateSync(path, record * 2 ** 30);
      return "endless";
    },
  ];
  return draws.of(kinds)();
}

async function oneCase(draws: Draws, home: string): Promise<string> {
  const name = draws.of(["cifar10", "cifar100"] as const);
  const { files, archive, bounds } = sets[name];
  const record = PIXELS + bounds.length;
  const dir = mkdtempSync(join(home, "cifar-"));
  try {
    const fill = (folder: string): Place => {
      mkdirSync(folder, { recursive: true });
      const contents = files.map((file) => put(join(folder, file), drawnRecords(draws, bounds, 1 + draws.below(4)), record, draws, home)); // biome-ignore format: one line
      return { contents };
    };
    const where = draws.below(6);
    const outside: Place = where < 4 ? fill(dir) : { contents: files.map(() => "absent") };
    const inside: Place | undefined = where > 2 ? fill(join(dir, archive)) : undefined;
    const limit = draws.oneIn(3) ? draws.of([0, 1, 2, 5, 100, -1, 1.5]) : undefined;
    const labels = name === "cifar100" ? draws.of(["fine", "coarse", undefined] as const) : undefined;
    const bytes = [outside, inside].flatMap((place) => place?.contents ?? []).reduce((sum, content) => sum + (typeof content === "string" ? 0 : content.length), 0); // biome-ignore format: one line
    const options = { dir, limit, ...(labels && { labels }) };
    const asked = { name, labels, limit, dir };
    const found = await attempt(bytes, "data", () =>
      loadDataset(name, options).catch((error) => {
        checkMissing(asked, [outside, inside], error);
        throw error;
      }),
    );
    return judged(asked, [outside, inside], found as LabelledDataset | typeof REFUSED);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

interface Asked {
  readonly name: Name;
  readonly labels: "fine" | "coarse" | undefined;
  readonly limit: number | undefined;
  readonly dir: string;
}

const isThere = (content: Content): boolean => content !== "absent";

/** The folder that is read: the one with the first file, else the archive's where it has any of them. */
const placeOf = ([outside, inside]: readonly [Place, Place | undefined]): Place =>
  !isThere(outside.contents[0]!) && inside?.contents.some(isThere) ? inside : outside;

/** Throws unless an error that names missing files names those and no others. */
function checkMissing({ name }: Asked, places: readonly [Place, Place | undefined], error: Error): void {
  const [, named] = / lacks ([^;]*);/.exec(error.message) ?? [];
  const { contents } = placeOf(places);
  const missing = sets[name].files.filter((_, i) => !isThere(contents[i]!));
  if (named === undefined ? missing.length > 0 : named !== missing.join(", "))
    throw new Error(`${missing.join(", ")} are missing: ${error.message}`);
}

/** The images of some files, one [labels, pixels] each; undefined where a file holds none, or more or less than whole ones, or labels that are no classes. */
function imagesIn(contents: readonly Content[], bounds: readonly number[]): Buffer[] | undefined {
  const record = PIXELS + bounds.length;
  const images: Buffer[] = [];
  for (const content of contents) {
    if (typeof content === "string" || content.length === 0) return undefined;
    for (let at = 0; at < content.length; at += record) images.push(Buffer.from(content.subarray(at, at + record)));
  }
  const isGood = (image: Buffer) => image.length === record && bounds.every((bound, i) => image[i]! < bound);
  return images.every(isGood) ? images : undefined;
}

/** Throws unless a data set, or its refusal, is what the files call for. */
function judged(
  { name, labels, limit }: Asked,
  places: readonly [Place, Place | undefined],
  found: LabelledDataset | typeof REFUSED,
): string {
  const { bounds, files } = sets[name];
  const { contents } = placeOf(places);
  const trained = imagesIn(contents.slice(0, -1), bounds);
  const tested = imagesIn(contents.slice(-1), bounds);
  const good = trained && tested && trained.length >= 2 && (limit === undefined || (Number.isInteger(limit) && limit >= 1)); // biome-ignore format: one line
  if (found === REFUSED) {
    if (good) throw new Error("refused a good folder");
    return REFUSED;
  }
  if (!good) throw new Error("read a data set from files that make none");
  const which = labels === "coarse" || bounds.length === 1 ? 0 : 1;
  const validated = Math.max(1, Math.floor(trained.length / 10));
  const offered = trained.length - validated;
  same("train", found.train, trained.slice(0, Math.min(offered, limit ?? offered)), which, bounds.length);
  same("valid", found.valid, trained.slice(offered), which, bounds.length);
  same("test", found.test, tested, which, bounds.length);
  const classes = found.fields.label.classes!.length;
  if (classes !== bounds[which]) throw new Error(`${classes} classes`);
  for (const file of files)
    if (!found.warnings?.some((text) => text.includes(file))) throw new Error(`no warning that ${file} is short`);
  return "read";
}

/** Throws unless a part has these images in their order: its pixels are rows of columns of red, green and blue, those of a file three planes. */
function same(part: string, { fields, size }: LabelledSplit, images: readonly Buffer[], which: number, skip: number) {
  if (size !== images.length) throw new Error(`${part} has ${size} images, there are ${images.length}`);
  const { data } = fields.x;
  if (`${fields.x.shape}` !== `${[size, 32, 32, 3]}`) throw new Error(`${part} has images [${fields.x.shape}]`);
  images.forEach((image, i) => {
    if (fields.label.data[i] !== image[which]) throw new Error(`${part}, image ${i}: label ${fields.label.data[i]}`);
    for (let byte = 0; byte < PIXELS; byte++) {
      const [plane, y, x] = [byte >> 10, (byte >> 5) & 31, byte & 31];
      const value = data[((i * 32 + y) * 32 + x) * 3 + plane];
      if (value !== Math.fround(image[skip + byte]! / 255))
        throw new Error(`${part}, image ${i}: ${value} for the byte ${image[skip + byte]} at ${byte}`);
    }
  });
}
