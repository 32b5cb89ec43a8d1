import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  datasetFromIdx,
  encodeIdx,
  type IdxData,
  type IdxFiles,
  type LabelledDataset,
  type LabelledSplit,
  loadDataset,
  readIdx,
} from "../../src/data/index.ts";
import { UserError } from "../../src/errors.ts";
import { Draws, damages } from "./draws.ts";
import { type Expected, example, simpleDataset, simpleIdx, unpacked } from "./idx-oracle.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Good IDX and gzip files, damaged: each is read right or refused by a UserError. */
export const idx: Suite = {
  name: "idx",
  about: "damaged IDX and gzip files, folders of them",
  cases: 4000,
  full: 100_000,
  run: (options) =>
    eachCase(options, (seed) => {
      const draws = new Draws(seed);
      if (draws.oneIn(20)) return folderCase(draws);
      return draws.oneIn(3) ? datasetCase(draws) : fileCase(draws);
    }),
};

const REFUSED = "refused";

/** What `read` gives, or REFUSED; any error but a UserError with a message is passed on. */
async function attempt<Result>(read: () => Promise<Result>): Promise<Result | typeof REFUSED> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError && /^(data|idx|gzip): ./.test(error.message)) return REFUSED;
    throw error;
  }
}

const CLASSES = 4;
const types = [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array] as const;

/** Compressed as one member or several, as it is, or both one after the other. */
function packed(bytes: Uint8Array, draws: Draws): Uint8Array {
  if (draws.oneIn(3)) return bytes;
  const cuts = Array.from({ length: draws.below(3) }, () => draws.below(bytes.length + 1)).sort((a, b) => a - b);
  const parts = [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
  return Buffer.concat(
    parts.map((part) => gzipSync(part, { level: draws.of([0, 1, 6, 9]), strategy: draws.below(5) })),
  );
}

function damaged(bytes: Uint8Array, draws: Draws): Uint8Array {
  return draws.of(Object.values(damages))(bytes, draws);
}

/** One file, damaged before or after it was compressed. */
async function fileCase(draws: Draws): Promise<string> {
  const shape = Array.from({ length: draws.below(4) }, () => draws.below(6));
  const count = shape.reduce((product, size) => product * size, 1);
  const data = new (draws.of(types))(draws.bytes(8 * count)).slice(0, count) as IdxData;
  let bytes: Uint8Array = encodeIdx({ shape, data });
  if (draws.oneIn(2)) bytes = damaged(bytes, draws);
  bytes = packed(bytes, draws);
  if (draws.oneIn(2)) bytes = damaged(bytes, draws);

  const found = await attempt(() => readIdx(bytes, "file"));
  const plain = unpacked(bytes);
  const expected = plain && simpleIdx(plain);
  if (found === REFUSED) {
    if (expected) throw new Error(`refused a good file of shape [${expected.shape.join()}]`);
    return REFUSED;
  }
  if (!expected) throw new Error(`read [${found.shape.join()}] from a file that is not well-formed`);
  same("shape", found.shape.join(), expected.shape.join());
  same("values", Array.from(found.data).join(), expected.values.join());
  return "read";
}

function same(what: string, found: string, expected: string): void {
  if (found !== expected)
    throw new Error(`${what}: ${found.slice(0, 200)} was read, ${expected.slice(0, 200)} is there`);
}

/** Four files that fit together. */
function goodFiles(draws: Draws): IdxFiles {
  const image = Array.from({ length: 1 + draws.below(3) }, () => 1 + draws.below(4));
  const features = image.reduce((product, size) => product * size, 1);
  const type = draws.of(["ubyte", "ubyte", "float", "double"]);
  const images = (count: number) => {
    const values = draws.bytes(count * features);
    const floats = Array.from(values, (value) => value / 255);
    if (draws.oneIn(10))
      floats[draws.below(floats.length)] = draws.of([Number.NaN, Number.POSITIVE_INFINITY, -0.1, -0, 1.1]);
    const data = type === "ubyte" ? values : type === "float" ? Float32Array.from(floats) : Float64Array.from(floats);
    return encodeIdx({ shape: [count, ...image], data });
  };
  const sorted = draws.oneIn(2);
  const labels = (count: number) => {
    const drawn = Array.from({ length: count }, () => draws.below(CLASSES));
    if (draws.oneIn(10)) drawn[draws.below(count)] = draws.of([-1, CLASSES, 100]);
    return encodeIdx({
      shape: [count],
      data: draws.of(types.slice(0, 4)).from(sorted ? drawn.sort() : drawn) as IdxData,
    });
  };
  const [trained, tested] = [2 + draws.below(60), 1 + draws.below(20)];
  return {
    trainImages: images(trained),
    trainLabels: labels(trained),
    testImages: images(tested),
    testLabels: labels(tested),
  };
}

const roles = ["trainImages", "trainLabels", "testImages", "testLabels"] as const;

/** Four files, none or some of them damaged, swapped or compressed, and a limit that may be more than there are. */
function hostileFiles(draws: Draws): { files: IdxFiles; limit: number | undefined; splitSeed: number } {
  const files: Record<keyof IdxFiles, Uint8Array> = { ...goodFiles(draws) };
  if (draws.oneIn(8)) {
    const [a, b] = [draws.of(roles), draws.of(roles)];
    [files[a], files[b]] = [files[b], files[a]];
  }
  for (const role of roles) {
    if (draws.oneIn(8)) files[role] = damaged(files[role], draws);
    files[role] = packed(files[role], draws);
    if (draws.oneIn(12)) files[role] = damaged(files[role], draws);
  }
  return { files, limit: draws.oneIn(2) ? undefined : draws.below(40), splitSeed: draws.below(1000) };
}

async function datasetCase(draws: Draws): Promise<string> {
  const { files, ...options } = hostileFiles(draws);
  const data = await attempt(() => datasetFromIdx(files, { classes: CLASSES, ...options }));
  return judged(data, files, options.limit);
}

/** Throws unless a data set, or its refusal, is what the files call for. */
function judged(data: LabelledDataset | typeof REFUSED, files: IdxFiles, limit: number | undefined): string {
  const expected = simpleDataset(files, CLASSES);
  const offered = expected && expected.labels.length - Math.max(1, Math.floor(expected.labels.length / 6));
  const good = offered !== undefined && (limit === undefined || limit >= 1);
  if (data === REFUSED) {
    if (good) throw new Error("refused a good data set");
    return REFUSED;
  }
  if (!good) throw new Error("read a data set from files that make none");
  checkSplits(data, expected!, Math.min(limit ?? offered, offered));
  return "read";
}

/** Every example is in one split at most, with its label and pixels; each class has its share of the validation split. */
function checkSplits({ train, valid, test }: LabelledDataset, expected: Expected, trained: number): void {
  const { images, labels, testImages, testLabels, classes } = expected;
  same("sizes", [train.size, valid.size].join(), [trained, Math.max(1, Math.floor(labels.length / 6))].join());
  same("test", rows(test).join("\n"), testLabels.map((label, i) => `${label}: ${example(testImages, i)}`).join("\n"));
  const left = new Map<string, number>();
  labels.forEach((label, i) => {
    const row = `${label}: ${example(images, i)}`;
    left.set(row, (left.get(row) ?? 0) + 1);
  });
  for (const row of [...rows(train), ...rows(valid)]) {
    const count = left.get(row) ?? 0;
    if (count === 0) throw new Error(`an example that is not in the files, or is twice in the splits: ${row}`);
    left.set(row, count - 1);
  }
  for (let label = 0; label < classes; label++) {
    const [share, got] = [labels, [...valid.fields.label.data]].map(
      (all) => all.filter((found: number) => found === label).length,
    );
    // Rounding moves a share by less than a seat; a class of one example may pass its seat on to another.
    if (Math.abs(got! - (share! * valid.size) / labels.length) >= 2)
      throw new Error(`label ${label}: ${got} of ${share} validate`);
  }
}

function rows({ fields, size }: LabelledSplit): string[] {
  const inputs = fields.x.data;
  const features = inputs.length / size;
  return Array.from(
    fields.label.data,
    (label, i) => `${label}: ${inputs.subarray(i * features, (i + 1) * features).join()}`,
  );
}

const stems = {
  trainImages: "train-images",
  trainLabels: "train-labels",
  testImages: "t10k-images",
  testLabels: "t10k-labels",
};

/** Four files in a folder, with names and things beside them that make no difference, or that are a mistake. */
async function folderCase(draws: Draws): Promise<string> {
  const { files, limit, splitSeed } = hostileFiles(draws);
  const dir = await mkdtemp(join(tmpdir(), "heaviside-attack-"));
  try {
    let lost = false;
    for (const role of roles) {
      const published = `${stems[role]}${draws.of(["-", "."])}idx${stems[role].endsWith("images") ? 3 : 1}-ubyte`;
      const name = draws.of([published, published.toUpperCase(), `${published}.gz`, join(published, published)]);
      if (name.includes("/")) await mkdir(join(dir, published));
      await writeFile(join(dir, name), files[role]);
      // Something that is preferred by its name, and can't be read.
      const rival = join(dir, `${stems[role]}-idx${stems[role].endsWith("images") ? 3 : 1}-ubyte`);
      if (draws.oneIn(3)) {
        const put = draws.of([
          () => writeFile(rival, "", { flag: "wx" }),
          () => symlink("nowhere", rival),
          () => mkdir(rival),
        ]);
        await put().catch(() => undefined);
      }
      if (draws.oneIn(20)) {
        await rm(join(dir, name));
        lost = true;
      }
    }
    const data = await attempt(() => loadDataset("folder", { dir, classes: CLASSES, limit, splitSeed }));
    if (lost && data !== REFUSED) throw new Error("read a data set of which a file is missing");
    return lost ? REFUSED : judged(data, files, limit);
  } finally {
    await rm(dir, { recursive: true });
  }
}
