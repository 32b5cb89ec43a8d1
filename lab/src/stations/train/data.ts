import { choice, number, whole, word } from "../../fields.ts";
import { counted } from "../../parts/text.ts";

/** Training examples that MNIST and Fashion-MNIST have, beside those that validate. */
export const EXAMPLES = 50_000;

/** Data sets of points of the plane, with what a picture shows. */
export const shapes = {
  circles: "a disc within a ring",
  moons: "two half circles that interlock",
  spirals: "two spirals around each other",
  xor: "the class is the sign of x · y",
  clouds: "two Gaussian clouds",
} as const;
export type ShapeName = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as ShapeName[];
export const isShape = (name: string): name is ShapeName => Object.hasOwn(shapes, name);

/** Data sets of 28 × 28 images, from the server. */
export const imageSets = { mnist: "MNIST: handwritten digits", "fashion-mnist": "Fashion-MNIST: clothes" } as const;
export const isImages = (name: string): boolean => Object.hasOwn(imageSets, name);

/** Data of the user's own: a table, arrays of numpy, a folder of images, and a folder of IDX files. */
const ownSets = ["table", "npz", "images", "folder"] as const;
export type OwnSet = (typeof ownSets)[number];
export const isOwn = (name: string): name is OwnSet => (ownSets as readonly string[]).includes(name);

/** What the page first draws of points, as the library does. */
const [POINTS, NOISE] = [1000, 0.25];

/** Which data are trained on, as it stands in the address. */
export const dataFields = {
  data: choice("mnist", ["mnist", "fashion-mnist", ...shapeNames, ...ownSets] as const),
  /** Training examples of a set of images. */
  limit: whole(10_000, { atLeast: 1, atMost: EXAMPLES }),
  points: whole(POINTS, { atLeast: 1, atMost: 10_000 }),
  noise: number(NOISE, { atLeast: 0, atMost: 10 }),
  /** What points are drawn by. */
  draw: whole(0, { atLeast: 0, atMost: 2 ** 32 - 1 }),
  /** The name of a file or a folder of one's own; a link can't hold more of it. */
  file: word("", "the name of a file", ({ length }) => length <= 200),
  /** Rows and columns that images of a folder get; empty: their own. */
  size: word("", "rows x columns, as in 28x28, or nothing", (text) => /^(\d{1,4}(x\d{1,4})?)?$/.test(text)),
  target: word("", "the name of a column", ({ length }) => length <= 200),
  /** Whether the numbers of the target are names of classes. */
  as: choice("", ["", "classes"] as const),
  /** What is shown of the plane. */
  view: choice("deterministic", ["deterministic", "sampled"] as const),
};
export type ChosenData = { -readonly [K in keyof typeof dataFields]: ReturnType<(typeof dataFields)[K]["read"]> & {} };

/** Settings that a data set begins with: those with which it is learned in a few seconds. */
const usual = (name: ChosenData["data"]): Readonly<Record<string, string>> => {
  if (isImages(name) || name === "folder") return { hidden: "100", epochs: "5", batch: "100", optimizer: "", rate: "" };
  // Of any size and brightness: a rate that suits all weights alike would be too large for many.
  if (name === "images") return { hidden: "100", epochs: "20", batch: "20", optimizer: "adam", rate: "0.001" };
  // As on the command line.
  if (isOwn(name)) return { hidden: "64", epochs: "100", batch: "20", optimizer: "adam", rate: "0.01" };
  if (name === "spirals") return { hidden: "200", epochs: "200", batch: "10", optimizer: "", rate: "" };
  return { hidden: "50", epochs: "60", batch: "10", optimizer: "", rate: "0.1" };
};

/** Settings after a choice of other data. */
interface Changed {
  /** The texts of the address. */
  readonly texts: Record<string, string>;
  /** Names of the settings that are others now, and of those that the user had set and that stay. */
  readonly changed: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Another data set: what the user had set stays, where it fits; the rest becomes what the new data begin with. Convolutions need images, and optimizer
 * and rate belong to the network.
 */
export function withData(
  texts: Readonly<Record<string, string>>,
  name: ChosenData["data"],
  initial: Readonly<Record<string, string>>,
): Changed {
  const of = (key: string): string => texts[`train.${key}`] ?? initial[key] ?? "";
  const [before, after] = [usual(of("data") as ChosenData["data"]), usual(name)];
  const hasImages = isImages(name) || name === "folder" || name === "images";
  const network = of("network") === "conv" && !hasImages ? "mlp" : of("network");
  const isLeft = network !== of("network");
  const next: Record<string, string> = { data: name, network };
  const kept: string[] = [];
  for (const [key, text] of Object.entries(after)) {
    const ofNetwork = key === "optimizer" || key === "rate";
    const isUsual = of(key) === before[key];
    if (ofNetwork && !isLeft && network !== "mlp") next[key] = of(key);
    else next[key] = isUsual || (ofNetwork && isLeft) ? text : of(key);
    if (!isUsual && next[key] === of(key) && next[key] !== text && key !== "hidden") kept.push(key);
    if (key === "hidden" && network === "mlp" && !isUsual && next[key] !== text) kept.push(key);
  }
  const changed: Record<string, string> = { ...texts };
  for (const [key, text] of Object.entries(next)) {
    if (text === initial[key]) delete changed[`train.${key}`];
    else changed[`train.${key}`] = text;
  }
  const others = Object.keys(next).filter((key) => key !== "data" && next[key] !== of(key));
  return { texts: changed, changed: others.filter((key) => key !== "hidden" || network === "mlp"), kept };
}

/** Of points: what differs from the library's own defaults. */
const pointOptions = ({ points, noise, draw }: ChosenData) => ({
  ...(points !== POINTS && { examples: points }),
  ...(noise !== NOISE && { noise }),
  ...(draw !== 0 && { seed: draw }),
});

/** The data of the config. */
export function dataConfigOf(chosen: ChosenData): { readonly name: string; readonly [option: string]: unknown } {
  const { data, limit, file, target, as, size } = chosen;
  if (isShape(data)) return { name: data, ...pointOptions(chosen) };
  if (data === "table") return { name: data, file, ...(target && { target: [target] }), ...(as && { as }) };
  if (data === "npz") return { name: data, file };
  if (isOwn(data)) return { name: data, dir: file, ...(data === "images" && size && { size }) };
  return { name: data, ...(limit < EXAMPLES && { limit }) };
}

/** The data in words. */
export function dataWords(chosen: ChosenData): Readonly<Record<string, string>> {
  const { data, limit, points, noise, draw, file, target, as, size } = chosen;
  if (isShape(data))
    return { data, points: counted(points, "point"), noise: `noise ${noise}`, draw: `points by seed ${draw}` };
  if (data === "table") return { data: `${target} of ${file}`, as: as === "classes" ? "classes" : "as it is" };
  if (isOwn(data)) return { data: file, ...(data === "images" && { size: size || "their own size" }) };
  return { data: data === "mnist" ? "MNIST" : "Fashion-MNIST", limit: counted(limit, "example") };
}

/** The same as flags of a command, by name. */
export function dataFlagsOf(chosen: ChosenData): Readonly<Record<string, string | number>> {
  const { data, limit, file, target, as, size } = chosen;
  if (isShape(data)) {
    const options = Object.entries(pointOptions(chosen)).map(([name, value]) => `${name}=${value}`);
    return { data: options.length > 0 ? `${data}:${options.join(",")}` : data };
  }
  if (data === "table") {
    // A word alone would be the name of a data set.
    const isWord = file !== "" && !/[./\\]/.test(file);
    return {
      ...(isWord ? { data, file } : { data: file || "FILE" }),
      target: target || "COLUMN",
      ...(as && { as }),
    };
  }
  if (data === "npz") return { data: file || "FILE.npz" };
  if (data === "folder") return { data, "data-dir": file || "FOLDER" };
  if (data === "images") return { data: `${file || "./FOLDER"}${size && `:size=${size}`}` };
  return { ...(data !== "mnist" && { data }), ...(limit < EXAMPLES && { limit }) };
}
