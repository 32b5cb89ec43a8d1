import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pngFile } from "../../src/data/images/testing.ts";
import { type LabelledDataset, type LabelledSplit, loadDataset } from "../../src/data/index.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws } from "./draws.ts";
import { pipeIn } from "./pipe.ts";
import { eachCase, type Suite } from "./suite.ts";

/** Folders of images with strange names, links, pipes and folders within each other: each image is read once with its class, or a message names what is wrong. */
export const imageFolders: Suite = {
  name: "image-folders",
  about: "folders of images with strange names, links, pipes and nesting, beside a simple listing",
  cases: 250,
  full: 100_000,
  run: (options) => eachCase(options, (seed) => oneCase(new Draws(seed), options.folder)),
};

const names = ["a", "B", "0", "1", "10", "2", "01", "1e1", "__proto__", "constructor", "toString", "ü", "u\u0308", " ", "a b", "x\ny", "-", "a..", "Infinity", "NaN", "train ", "test.png", "e".repeat(200), "😀", "\u001b[31m", "a,b", '"', "%2e", "C:", "\\"]; // biome-ignore format: one line
const splitNames = ["train", "training", "Train", "valid", "val", "VALIDATION", "test", "testing"] as const;
const meanings: Readonly<Record<string, "train" | "valid" | "test">> = { train: "train", training: "train", valid: "valid", val: "valid", validation: "valid", test: "test", testing: "test" }; // biome-ignore format: one line

/** An image that was put in a folder of a class: its grey is its own among all of the case. */
interface Put {
  readonly grey: number;
  readonly class: string;
  /** From the data set's folder on. */
  readonly name: string;
  readonly square: number;
  readonly isRgb: boolean;
}

/** What a case has made. */
interface Made {
  readonly images: Put[];
  /** Names of what ends as an image and can't be read as one. */
  readonly bad: string[];
  /** Names of what must be said not to be read. */
  readonly unread: string[];
}

const pngs = new Map<string, Uint8Array>();
/** A PNG of one colour, which no change of size changes. */
function pngOf(grey: number, square: number, isRgb: boolean): Uint8Array {
  const key = `${grey} ${square} ${isRgb}`;
  const known = pngs.get(key);
  if (known) return known;
  const samples = new Uint8Array(square * square * (isRgb ? 3 : 1)).fill(grey);
  const made = pngFile({ width: square, height: square, type: isRgb ? 2 : 0, samples });
  if (pngs.size < 5000) pngs.set(key, made);
  return made;
}

/** Names that no other in the same folder has. */
function different(draws: Draws, from: readonly string[], count: number): string[] {
  const found = new Set<string>();
  while (found.size < count) found.add(draws.of(from));
  return [...found];
}

interface Drawing {
  readonly draws: Draws;
  readonly home: string;
  readonly dir: string;
  readonly made: Made;
  /** Whether other sizes and colours are among the images. */
  readonly mixed: { readonly sizes: boolean; readonly colours: boolean };
  /** n, where something wrong is put once in n places. */
  readonly wrong: number;
}

/** Something in a folder of a class that is no good image. */
function putOddly({ draws, home, dir, made }: Drawing, within: string, i: number): void {
  const at = (name: string) => join(dir, within, name);
  const bad = (name: string, put: (path: string) => void) => {
    put(at(name));
    made.bad.push(`${within}/${name}`);
  };
  const unread = (name: string, put: (path: string) => void, shown = name) => {
    put(at(name));
    made.unread.push(`${within}/${shown}`);
  };
  const odd: (() => void)[] = [
    () => bad(`gone${i}.png`, (path) => symlinkSync("nowhere", path)),
    () => bad(`circle${i}.png`, (path) => symlinkSync(`circle${i}.png`, path)),
    () => bad(`zero${i}.jpg`, (path) => symlinkSync("/dev/zero", path)),
    () => bad(`pipe${i}.png`, (path) => linkSync(pipeIn(home), path)),
    () => bad(`to-pipe${i}.jpeg`, (path) => symlinkSync(pipeIn(home), path)),
    () => bad(`empty${i}.PNG`, (path) => writeFileSync(path, "")),
    () => bad(`text${i}.png`, (path) => writeFileSync(path, "no image")),
    () => bad(`cut${i}.png`, (path) => writeFileSync(path, pngOf(1, 3, false).subarray(0, draws.below(60)))),
    () => unread(`notes${i}.txt`, (path) => writeFileSync(path, "no image")),
    () => unread(`.hidden${i}.png`, (path) => writeFileSync(path, "no image")),
    () => unread(`folder${i}.png`, (path) => mkdirSync(path), `folder${i}.png/`),
    () => unread(`up${i}`, (path) => symlinkSync("..", path), `up${i}/`),
    () =>
      unread(
        `deep${i}`,
        (path) => {
          mkdirSync(join(path, "deeper"), { recursive: true });
          writeFileSync(join(path, "deeper/a.png"), pngOf(255, 3, false));
        },
        `deep${i}/`,
      ),
  ];
  // Most of them do no harm to the others.
  draws.of(draws.oneIn(2) ? odd : odd.slice(8))();
}

/** A folder of a class with its images, or a link to one. */
function putClass(drawing: Drawing, within: string, name: string, count: number): void {
  const { draws, dir, made, mixed, wrong } = drawing;
  const path = `${within}${name}`;
  if (draws.oneIn(12)) {
    const elsewhere = mkdtempSync(join(drawing.home, "elsewhere-"));
    symlinkSync(elsewhere, join(dir, path));
  } else mkdirSync(join(dir, path));
  for (let i = 0; i < count; i++) {
    const grey = made.images.length + 1;
    const [square, isRgb] = [mixed.sizes ? 2 + draws.below(3) : 3, mixed.colours && draws.oneIn(2)];
    const file = `${draws.of(["", "ü", " ", "a\nb", "%", "'", "-"])}${i}${draws.of([".png", ".PNG", ".jpg", ".JPEG"])}`;
    const bytes = pngOf(grey, square, isRgb);
    if (draws.oneIn(20)) {
      writeFileSync(join(dir, `.${grey}.bytes`), bytes);
      if (draws.oneIn(2)) symlinkSync(join(dir, `.${grey}.bytes`), join(dir, path, file));
      else linkSync(join(dir, `.${grey}.bytes`), join(dir, path, file));
      made.unread.push(`.${grey}.bytes`);
    } else writeFileSync(join(dir, path, file), bytes);
    made.images.push({ grey, class: name, name: `${path}/${file}`, square, isRgb });
  }
  for (let i = 0; draws.oneIn(wrong) && i < 3; i++) putOddly(drawing, path, i);
  const isEmpty = count === 0 && !made.bad.some((file) => file.startsWith(`${path}/`));
  if (isEmpty) made.unread.push(`${path}/ (it has no images)`);
}

/** What a folder's images are to be read as: by splits, where it has folders of them. */
interface Form {
  readonly isSplit: boolean;
  /** Split folders that are there. */
  readonly splits: readonly string[];
}

function putAll(drawing: Drawing): Form {
  const { draws, dir, made } = drawing;
  const few = () => (draws.oneIn(9) ? 0 : 1 + draws.below(5));
  const isSplit = draws.oneIn(3);
  const classes = different(draws, names, draws.oneIn(8) ? draws.below(2) : 2 + draws.below(3));
  const splits = isSplit ? ["train", ...different(draws, splitNames, draws.below(4))].filter((name, i, all) => all.indexOf(name) === i) : []; // biome-ignore format: one line
  for (const split of splits) {
    mkdirSync(join(dir, split));
    const own = meanings[split.toLowerCase()] === "train" ? classes : draws.oneIn(6) ? different(draws, names, 2) : classes.filter(() => !draws.oneIn(4)); // biome-ignore format: one line
    for (const name of own) putClass(drawing, `${split}/`, name, few());
    if (draws.oneIn(4)) {
      const name = draws.of(["loose.png", "README", ".hidden"]);
      writeFileSync(join(dir, split, name), "no image");
      made.unread.push(`${split}/${name}`);
    }
  }
  if (!isSplit) for (const name of classes) putClass(drawing, "", name, few());
  if (draws.oneIn(6)) {
    const name = draws.of(["README", "loose.png", ".DS_Store", "x.zip"]);
    writeFileSync(join(dir, name), "no image");
    made.unread.push(name);
  }
  if (draws.oneIn(12)) {
    mkdirSync(join(dir, ".thumbnails"));
    writeFileSync(join(dir, ".thumbnails/a.png"), "no image");
    made.unread.push(".thumbnails");
  }
  return { isSplit, splits };
}

async function oneCase(draws: Draws, home: string): Promise<string> {
  const dir = mkdtempSync(join(home, "images-"));
  const made: Made = { images: [], bad: [], unread: [] };
  const mixed = { sizes: draws.oneIn(4), colours: draws.oneIn(4) };
  const form = putAll({ draws, home, dir, made, mixed, wrong: draws.of([1, 4, 10, 10, 10, 1000]) });
  const asked = {
    size: draws.oneIn(3) || (mixed.sizes && draws.oneIn(2)) ? draws.of(["3", "2x2", "3x3", "4x4"]) : undefined,
    colour: draws.of(["rgb", "grey", undefined, undefined] as const),
    limit: draws.oneIn(6) ? 1 + draws.below(6) : undefined,
    splitSeed: draws.below(100),
  };
  try {
    let message = "";
    const load = () =>
      loadDataset("images", { dir, ...asked }).catch((error) => {
        message = (error as Error).message;
        throw error;
      });
    const found = await attempt(HEADERS, "data", load);
    const why = reasonsAgainst(made, form, asked);
    if (found !== REFUSED) {
      // What a limit omits isn't read.
      const certain = why.filter((pattern) => asked.limit === undefined || !/read|pixels|size/.test(String(pattern)));
      if (certain.length > 0) throw new Error(`read a folder with ${certain.map(String).join(" and ")}`);
      checkParts(found as LabelledDataset, made, asked, form);
      return "read";
    }
    if (why.length === 0) throw new Error(`refused a good folder: ${message}`);
    if (!why.some((pattern) => pattern.test(message))) throw new Error(`${why.map(String).join(" or ")}: ${message}`);
    if (asked.limit === undefined && /cannot be read: /.test(message)) checkNamed(message, made.bad);
    return REFUSED;
  } finally {
    remove(dir);
  }
}

/** Bytes that a case may take, by ten: 64 kB for each header. */
const HEADERS = 1_000_000;

/** Some names of files are too strange for a path that Node's own removal prints. */
function remove(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    execFileSync("rm", ["-rf", dir]);
  }
}

interface Asked {
  readonly size: string | undefined;
  readonly colour: "rgb" | "grey" | undefined;
  readonly limit: number | undefined;
}

const splitOf = ({ name }: Put | { name: string }, { isSplit }: Form): "train" | "valid" | "test" | undefined =>
  isSplit ? meanings[name.slice(0, name.indexOf("/")).toLowerCase()] : "train";

/** What ends as an image, whether it can be read or not: a limit may omit what can't. */
const filesIn = ({ images, bad }: Pick<Made, "images" | "bad">, { isSplit }: Form): { name: string; class: string }[] =>
  [...images.map((image) => image.name), ...bad].map((name) => ({ name, class: name.split("/")[isSplit ? 1 : 0]! }));

/** All reasons to refuse a folder, each as a pattern of the message. Which of them is said is the reader's choice. */
function reasonsAgainst({ images, bad }: Made, form: Form, { size }: Asked): RegExp[] {
  const reasons: RegExp[] = [];
  const all = filesIn({ images, bad }, form);
  const trained = all.filter((file) => splitOf(file, form) === "train");
  const classes = new Set(trained.map((file) => file.class));
  if (classes.size < 2) reasons.push(/for each of at least 2 classes/);
  const kinds = form.splits.map((name) => meanings[name.toLowerCase()]);
  if (new Set(kinds).size < kinds.length) reasons.push(/has two folders for/);
  if (all.some((file) => splitOf(file, form) !== "train" && !classes.has(file.class))) reasons.push(/which the folder to train on lacks/); // biome-ignore format: one line
  const drawn = ["valid", "test"].filter((split) => !kinds.includes(split as "valid")).length;
  const share = Math.max(1, Math.floor(trained.length / 6));
  if (trained.length - drawn * share < 1) reasons.push(/too few for/);
  if (bad.length > 0) reasons.push(/cannot be read: /);
  if (size === undefined && new Set(images.map(({ square }) => square)).size > 1) reasons.push(/must be of one size/, /it must be \d+x\d+ pixels/); // biome-ignore format: one line
  return reasons;
}

/** A message names all files that can't be read, up to 20. */
function checkNamed(message: string, bad: readonly string[]): void {
  if (bad.length > 20 || /must be \d+x\d+ pixels/.test(message)) return;
  const lacking = bad.find((name) => !message.includes(`${name} (`));
  if (lacking !== undefined) throw new Error(`${JSON.stringify(lacking)} is not named: ${message}`);
}

/** Throws unless each image is in one part with its class and its pixels, and parts are as large as they must be. */
function checkParts(data: LabelledDataset, made: Made, { size, colour, limit }: Asked, form: Form): void {
  const { classes } = data.fields.label;
  const isGrey = colour === "grey" || (colour === undefined && !used(data, made).some(({ isRgb }) => isRgb));
  const [side] = /\d+/.exec(size ?? "") ?? [made.images[0]?.square];
  const shape = [Number(side), Number(side), ...(isGrey ? [] : [3])];
  if (`${data.fields.x.shape}` !== `${shape}`) throw new Error(`images are [${data.fields.x.shape}], not [${shape}]`);
  const trained = filesIn(made, form).filter((file) => splitOf(file, form) === "train");
  const wanted = [...new Set(trained.map((image) => image.class))];
  if (classes!.length !== wanted.length || !wanted.every((name) => classes!.includes(name))) throw new Error(`classes are ${JSON.stringify(classes)}, there are ${JSON.stringify(wanted)}`); // biome-ignore format: one line
  const seen = new Set<number>();
  const kinds = form.splits.map((name) => meanings[name.toLowerCase()]);
  const share = Math.max(1, Math.floor(trained.length / 6));
  const drawn = (split: "valid" | "test") => (kinds.includes(split) ? 0 : share);
  for (const part of [data.train, data.valid, data.test]) {
    for (const { grey, label } of rowsOf(part)) {
      const image = made.images[grey - 1];
      if (!image || seen.has(grey)) throw new Error(`${part.name} has a row of grey ${grey}, which is no image or is twice there`); // biome-ignore format: one line
      seen.add(grey);
      if (classes![label] !== image.class) throw new Error(`${image.name} is of the class ${JSON.stringify(classes![label])}`); // biome-ignore format: one line
      const from = splitOf(image, form);
      if (from !== part.name && !(from === "train" && drawn(part.name as "valid") > 0)) throw new Error(`${image.name} is in ${part.name}`); // biome-ignore format: one line
    }
    const own = made.images.filter((image) => splitOf(image, form) === part.name).length;
    const offered = trained.length - drawn("valid") - drawn("test");
    const count = part.name === "train" ? Math.min(offered, limit ?? offered) : kinds.includes(part.name) ? own : share;
    if (part.size !== count) throw new Error(`${part.name} has ${part.size} images, not ${count}`);
  }
  const said = data.warnings?.join("\n") ?? "";
  const silent = made.unread.find((name) => !said.includes(name.length > 80 ? name.slice(0, 77) : name));
  if (made.unread.length <= 12 && silent !== undefined) throw new Error(`${JSON.stringify(silent)} is not said to be unread: ${said}`); // biome-ignore format: one line
}

/** Images that some part holds: a limit omits others, whose colours say nothing. */
function used(data: LabelledDataset, { images }: Made): Put[] {
  const greys = new Set([data.train, data.valid, data.test].flatMap((part) => rowsOf(part).map(({ grey }) => grey)));
  return images.filter(({ grey }) => greys.has(grey));
}

/** The grey of each row, from 0 to 255, and its label. Throws where a row is of several. */
function rowsOf({ fields: { x, label }, size }: LabelledSplit): { grey: number; label: number }[] {
  const values = x.data.length / size;
  return Array.from({ length: size }, (_, row) => {
    const own = Array.from(x.data.subarray(row * values, (row + 1) * values), (value) => value * 255);
    const grey = Math.round(own[0]!);
    if (own.some((value) => Math.abs(value - grey) > 1e-3)) throw new Error(`a row of one grey is ${own.join()}`);
    return { grey, label: label.data[row]! };
  });
}
