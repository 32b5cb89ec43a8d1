import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startBackend } from "../../src/backends/select.ts";
import { predictCommand } from "../../src/cli/commands/predict.ts";
import { examplesIn } from "../../src/cli/examples-file.ts";
import { imageFilesIn, imagesAt } from "../../src/cli/image-files.ts";
import { predictionsCsv, predictionsText } from "../../src/cli/predictions-text.ts";
import { fakeTerminal } from "../../src/cli/testing.ts";
import { pngFile } from "../../src/data/images/testing.ts";
import { encodeIdx, type IdxData } from "../../src/data/index.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { mutateJson } from "./mutate.ts";
import { pipeIn } from "./pipe.ts";
import { type Linear, linearNetworks, table, targets } from "./predict-networks.ts";
import { idxRows, jsonRows, tableRows } from "./predict-oracle.ts";
import { eachCase, type Suite } from "./suite.ts";
import { textAs } from "./table-text.ts";

/** What `heaviside predict` is given: tables, JSON, IDX and images, damaged and forged. Each is refused, or predicted as a network of one affine map predicts it. */
export const predictFiles: Suite = {
  name: "predict-files",
  about: "damaged files to predict: tables, JSON, IDX, images, beside simple readers and an affine map",
  cases: 800,
  full: 100_000,
  async run(options) {
    const on = await startBackend("reference", {});
    try {
      const networks = await linearNetworks(on);
      return await eachCase(options, (seed) => oneCase(new Draws(seed), options.folder, networks));
    } finally {
      await on.close();
    }
  },
};

type Networks = Awaited<ReturnType<typeof linearNetworks>>;
type Rows = readonly (readonly number[])[] | undefined;

/** What a command is given, and the examples that it must read; undefined where it must refuse. */
interface Given {
  readonly paths: readonly string[];
  readonly rows: Rows;
  /** Names of the images, in the order of their predictions. */
  readonly files?: readonly string[];
  readonly bytes: number;
}

const READERS = "predict|data|idx|gzip|parquet";

async function oneCase(draws: Draws, home: string, networks: Networks): Promise<string> {
  const folder = mkdtempSync(join(home, "predict-"));
  try {
    const kind = draws.below(11);
    const linear = kind < 4 ? networks.table : kind < 6 ? networks.numbers : networks.image;
    const given = draws.oneIn(40)
      ? oddFile(draws, folder, home)
      : kind > 8
        ? imageFiles(draws, folder, home)
        : kind === 8 || kind === 5
          ? idxFile(draws, folder, linear)
          : draws.oneIn(2) || kind === 7
            ? jsonFile(draws, folder, linear)
            : tableFile(draws, folder, linear);
    const outcome = await predicted(given, linear, draws);
    if (draws.oneIn(20)) await byCommand(given, linear, folder, draws);
    return outcome;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const damaged = (bytes: Uint8Array, draws: Draws): Uint8Array =>
  new Uint8Array(draws.of(Object.values(damages))(bytes, draws));

const numbers = ["0", "1", "-2.5", "1e3", "+.5", "3.", "1e39", "1,5", "x", "0x10", "", "NA", "?", "null", " 2 "];
const drawnNumber = (draws: Draws): string => draws.of(draws.oneIn(20) ? numbers : numbers.slice(0, 6));
const drawnCell = (draws: Draws, column: (typeof table)[number]): string => {
  if (!("texts" in column)) return drawnNumber(draws);
  return draws.oneIn(20) ? draws.of(["other", "NaN", "", "Red", "__proto__"]) : draws.of(column.texts);
};

/** A table with the columns that the network knows, in any order, and those that it predicts. */
function tableFile(draws: Draws, folder: string, linear: Linear): Given {
  const format = draws.of(["csv", "arff", "jsonl"] as const);
  const known = linear.table ?? Array.from({ length: draws.oneIn(9) ? 3 : 4 }, (_, i) => ({ name: `c${i}` }));
  const extra = linear.table && draws.oneIn(2) ? draws.of([["y"], ["note"], [...targets]]).map((name) => ({ name })) : []; // biome-ignore format: one line
  const columns = shuffled([...known, ...extra], draws).filter(() => !draws.oneIn(60));
  const cells = () => columns.map((column) => drawnCell(draws, column));
  const drawn = { columns: columns.map(({ name }) => name), rows: Array.from({ length: draws.below(12) }, cells) };
  let bytes: Uint8Array = new TextEncoder().encode(textAs(drawn, format, draws));
  if (draws.oneIn(3)) bytes = damaged(bytes, draws);
  const path = join(folder, `f.${draws.oneIn(5) ? format.toUpperCase() : format}`);
  writeFileSync(path, bytes);
  return { paths: [path], rows: tableRows(bytes, format, linear), bytes: bytes.length };
}

function shuffled<T>(things: readonly T[], draws: Draws): T[] {
  const left = [...things];
  return Array.from(things, () => left.splice(draws.below(left.length), 1)[0]!);
}

/** JSON in each of its forms, with something wrong in it, or damaged. */
function jsonFile(draws: Draws, folder: string, linear: Linear): Given {
  const number = (): unknown => (draws.oneIn(200) ? draws.of([1e39, null, "1", true]) : draws.below(64) / 16 - 2);
  const nested = (shape: readonly number[]): unknown =>
    shape.length === 0 ? number() : Array.from({ length: shape[0]! }, () => nested(shape.slice(1)));
  const example = () => nested(draws.oneIn(3) ? [linear.size] : draws.oneIn(9) ? [1, linear.size] : linear.shape);
  const cell = (column: (typeof table)[number]): unknown =>
    "texts" in column ? drawnCell(draws, column) : draws.oneIn(9) ? null : number();
  const record = () => Object.fromEntries([...table, ...(draws.oneIn(3) ? [{ name: "y" }] : [])].map((column) => [column.name, cell(column)])); // biome-ignore format: one line
  const list = (one: () => unknown) => Array.from({ length: draws.below(9) }, one);
  const isNamed = linear.table !== undefined && !draws.oneIn(4);
  const value = isNamed ? (draws.oneIn(3) ? record() : list(record)) : draws.oneIn(3) ? { x: list(() => nested(linear.shape)) } : sameForm(list, example, draws); // biome-ignore format: one line
  const changed = draws.oneIn(3) ? mutateJson(value, draws) : value;
  const deep = draws.oneIn(30) ? 1 << draws.below(17) : 0;
  const text = `${"[".repeat(deep)}${JSON.stringify(changed) ?? ""}${"]".repeat(deep)}`;
  const bytes = draws.oneIn(5) ? damaged(Buffer.from(text), draws) : Buffer.from(text);
  const path = join(folder, "f.json");
  writeFileSync(path, bytes);
  return { paths: [path], rows: rowsOfJson(bytes, linear), bytes: bytes.length };
}

/** All examples of a list in one form. */
function sameForm(list: (one: () => unknown) => unknown[], example: () => unknown, draws: Draws): unknown[] {
  const seed = draws.below(2);
  const all = list(example);
  return seed === 0 ? all.map((one) => (one as unknown[]).flat(9)) : all;
}

function rowsOfJson(bytes: Uint8Array, linear: Linear): Rows {
  try {
    return jsonRows(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), linear);
  } catch {
    return undefined;
  }
}

const types = [Uint8Array, Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array] as const;

function idxFile(draws: Draws, folder: string, linear: Linear): Given {
  const each = draws.of([linear.shape, [linear.size], [1, linear.size], ...(draws.oneIn(6) ? [[], [2]] : [])]);
  const shape = draws.oneIn(20) ? each : [draws.below(12), ...each];
  const count = shape.reduce((product, length) => product * length, 1);
  const type = draws.of(types);
  const low = type === Uint8Array ? 0 : 100;
  const data = type.from(Array.from({ length: count }, () => draws.below(200) - low)) as IdxData;
  if (data instanceof Float32Array && draws.oneIn(20) && count > 0) data[draws.below(count)] = Number.NaN;
  let bytes: Uint8Array = encodeIdx({ shape, data });
  if (draws.oneIn(4)) bytes = damaged(bytes, draws);
  if (draws.oneIn(3)) bytes = gzipSync(bytes);
  if (draws.oneIn(6)) bytes = damaged(bytes, draws);
  const path = join(folder, draws.of(["t10k-images-idx3-ubyte", "x.idx", "a.ubyte.gz", "IDX"]));
  writeFileSync(path, bytes);
  return { paths: [path], rows: idxRows(bytes, linear), bytes: bytes.length };
}

/** What is no file to predict. */
function oddFile(draws: Draws, folder: string, home: string): Given {
  const path = join(folder, draws.of(["f.csv", "f.json", "f-idx", "f.txt", "f.parquet", "f", "f.npz", "f.png", "f.jsonl"])); // biome-ignore format: one line
  const kinds = [
    () => {},
    () => writeFileSync(path, ""),
    () => linkSync(pipeIn(home), path),
    () => symlinkSync("/dev/zero", path),
    () => symlinkSync(path, path),
    () => mkdirSync(path),
    () => writeFileSync(path, "\ufffe\u0000"),
  ];
  draws.of(kinds)();
  return { paths: [path], rows: undefined, bytes: 1000 };
}

/** Images in files and folders: all are read, or those that can't be are named. */
function imageFiles(draws: Draws, folder: string, home: string): Given {
  const [files, rows]: [string[], number[][]] = [[], []];
  let isGood = true;
  const put = (path: string): void => {
    files.push(path);
    const wrong = draws.oneIn(10);
    const grey = Array.from({ length: 9 }, () => draws.below(256));
    if (wrong) isGood = false;
    const bad = [
      () => linkSync(pipeIn(home), path),
      () => symlinkSync(draws.of(["nowhere", "/dev/zero"]), path),
      () => writeFileSync(path, ""),
      () => writeFileSync(path, pngFile({ width: 2, height: 3, type: 0, samples: grey.slice(3) })),
      () => writeFileSync(path, pngFile({ width: 3, height: 3, type: 0, samples: grey }).subarray(0, 50)),
    ];
    const good = () => writeFileSync(path, pngFile({ width: 3, height: 3, type: 0, samples: grey }));
    (wrong ? draws.of(bad) : good)();
    rows.push(grey.map((value) => value / 255));
  };
  const paths: string[] = [];
  for (let i = draws.below(3); i >= 0; i--) {
    const path = join(folder, `${i}${draws.of([".png", ".PNG", ".jpg"])}`);
    paths.push(path);
    put(path);
  }
  if (draws.oneIn(2)) {
    const inside = join(folder, draws.of(["folder", "folder.png", "ü\n"]));
    mkdirSync(join(inside, "deep"), { recursive: true });
    for (const name of ["2.png", "10.png", ...(draws.oneIn(2) ? [join("deep", "1.png")] : [])]) put(join(inside, name));
    for (const name of [".hidden.png", "notes.txt"]) if (draws.oneIn(3)) writeFileSync(join(inside, name), "no image");
    if (draws.oneIn(3)) symlinkSync("..", join(inside, "up"));
    paths.push(inside);
  }
  if (draws.oneIn(20) && paths.length > 1) {
    paths.push(join(folder, "f.csv"));
    isGood = false;
  }
  return { paths, rows: isGood ? rows : undefined, files, bytes: 10_000 };
}

/** Reads what a command is given and predicts it. Throws unless that is refused, or predicted, as it must be. */
async function predicted({ paths, rows, files, bytes }: Given, linear: Linear, draws: Draws): Promise<string> {
  const { predict } = linear;
  const passes = draws.oneIn(4) ? 1 + draws.below(3) : undefined;
  let found: readonly string[] | undefined;
  let message = "";
  // JSON nested deeply takes lists, which are no arrays of numbers.
  const all = await attempt(bytes + 20_000, READERS, async () => {
    try {
      found = await imageFilesIn(paths);
      const examples = found
        ? await imagesAt(found, predict.spec)
        : await examplesIn(paths[0]!, predict.spec, () => {});
      return predict.batch(examples, { passes });
    } catch (error) {
      message = (error as Error).message;
      throw error;
    }
  });
  if (all === REFUSED) {
    if (rows) throw new Error(`refused good examples: ${message}`);
    return REFUSED;
  }
  if (!rows) throw new Error(`predicted ${all.length} examples of what is none`);
  if (files && `${found}` !== `${files}`) throw new Error(`the images are ${found}, not ${files}`);
  compare(all, rows, linear);
  const lines = predictionsCsv(all, predict.spec, { passes: passes !== undefined, files: found });
  predictionsText(all, predict.spec, { passes: passes !== undefined, files: found, columns: 20 + draws.below(100), bold: (text) => text }); // biome-ignore format: one line
  if (!lines.startsWith(files ? "file," : "example,")) throw new Error(`CSV begins with ${lines.slice(0, 100)}`);
  return "predicted";
}

/** Numbers beyond this may overflow on the way. */
const LARGE = 1e6;

function compare(all: readonly Prediction[], rows: readonly (readonly number[])[], { expected, table }: Linear): void {
  if (all.length !== rows.length) throw new Error(`${all.length} predictions of ${rows.length} examples`);
  rows.forEach((row, i) => {
    if (row.some((value) => Math.abs(value) > LARGE)) return;
    const { probabilities, value } = all[i] as { probabilities?: ArrayLike<number>; value?: ArrayLike<number> };
    const wanted = expected(row);
    const scale = table ? Math.max(1, ...row.map(Math.abs)) : 1;
    const found = Array.from((table ? value : probabilities)!);
    if (found.length !== wanted.length || found.some((x, k) => !(Math.abs(x - wanted[k]!) <= 2e-5 * scale)))
      throw new Error(`example ${i}, ${row}: ${found}, not ${wanted}`);
  });
}

/** The same by the command, from the model's file to what it prints. */
async function byCommand({ paths, rows }: Given, linear: Linear, folder: string, draws: Draws): Promise<void> {
  const model = join(folder, "model.safetensors");
  writeFileSync(model, linear.bytes);
  const { terminal, written } = fakeTerminal();
  const form = draws.of([{ json: true }, { csv: true }, {}]);
  const code = await attempt(1_000_000, READERS, () =>
    predictCommand(model, paths, { backend: "reference", ...form }, terminal),
  );
  if ((code === REFUSED) !== (rows === undefined)) throw new Error(`the command ends otherwise: ${code}`);
  if (code === REFUSED) {
    if (written.out !== "") throw new Error(`a refused command has printed ${written.out.slice(0, 200)}`);
  } else if ("json" in form) compare(JSON.parse(written.out).predictions, rows!, linear);
}
