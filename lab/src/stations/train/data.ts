import { choice, number, whole, word } from "../../fields.ts";

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

/** What the page first draws of points, as the library does. */
const [POINTS, NOISE] = [1000, 0.25];

/** Which data are trained on, as it stands in the address. */
export const dataFields = {
  data: choice("mnist", ["mnist", "fashion-mnist", ...shapeNames, "table"] as const),
  /** Training examples of a set of images. */
  limit: whole(10_000, { atLeast: 1, atMost: EXAMPLES }),
  points: whole(POINTS, { atLeast: 1, atMost: 10_000 }),
  noise: number(NOISE, { atLeast: 0, atMost: 10 }),
  /** What points are drawn by. */
  draw: whole(0, { atLeast: 0, atMost: 2 ** 32 - 1 }),
  /** The name of a file of one's own; a link can't hold more of it. */
  file: word("", "the name of a file", ({ length }) => length <= 200),
  target: word("", "the name of a column", ({ length }) => length <= 200),
  /** Whether the numbers of the target are names of classes. */
  as: choice("", ["", "classes"] as const),
  /** What is shown of the plane. */
  view: choice("deterministic", ["deterministic", "sampled"] as const),
};
export type ChosenData = { -readonly [K in keyof typeof dataFields]: ReturnType<(typeof dataFields)[K]["read"]> & {} };

/** Settings that a data set begins with: those with which it is learned in a few seconds. */
const usual = (name: ChosenData["data"]) => {
  const more = { network: "mlp", optimizer: "" };
  if (isImages(name)) return { optimizer: "", hidden: "100", epochs: "5", batch: "100", rate: "" };
  // As on the command line.
  if (name === "table") return { ...more, optimizer: "adam", hidden: "64", epochs: "100", batch: "20", rate: "0.01" };
  if (name === "spirals") return { ...more, hidden: "200", epochs: "200", batch: "10", rate: "" };
  return { ...more, hidden: "50", epochs: "60", batch: "10", rate: "0.1" };
};

/** The texts of the address with another data set, and the settings that it begins with. */
export function withData(
  texts: Readonly<Record<string, string>>,
  name: ChosenData["data"],
  initial: Readonly<Record<string, string>>,
): Record<string, string> {
  const changed: Record<string, string> = { ...texts };
  for (const [key, text] of Object.entries({ data: name, ...usual(name) })) {
    if (text === initial[key]) delete changed[`train.${key}`];
    else changed[`train.${key}`] = text;
  }
  return changed;
}

/** Of points: what differs from the library's own defaults. */
const pointOptions = ({ points, noise, draw }: ChosenData) => ({
  ...(points !== POINTS && { examples: points }),
  ...(noise !== NOISE && { noise }),
  ...(draw !== 0 && { seed: draw }),
});

/** The data of the config. */
export function dataConfigOf(chosen: ChosenData): { readonly name: string; readonly [option: string]: unknown } {
  const { data, limit, file, target, as } = chosen;
  if (isShape(data)) return { name: data, ...pointOptions(chosen) };
  if (data === "table") return { name: "table", file, ...(target && { target: [target] }), ...(as && { as }) };
  return { name: data, ...(limit < EXAMPLES && { limit }) };
}

/** The data in words. */
export function dataWords(chosen: ChosenData): Readonly<Record<string, string>> {
  const { data, limit, points, noise, draw, file, target } = chosen;
  if (isShape(data))
    return { data, points: `${points} points`, noise: `noise ${noise}`, draw: `points by seed ${draw}` };
  if (data === "table") return { data: `${target} of ${file}` };
  return { data: data === "mnist" ? "MNIST" : "Fashion-MNIST", limit: `${limit} examples` };
}

/** The same as flags of a command, by name. */
export function dataFlagsOf(chosen: ChosenData): Readonly<Record<string, string | number>> {
  const { data, limit, file, target, as } = chosen;
  if (isShape(data)) {
    const options = Object.entries(pointOptions(chosen)).map(([name, value]) => `${name}=${value}`);
    return { data: options.length > 0 ? `${data}:${options.join(",")}` : data };
  }
  if (data === "table") return { data: file || "FILE", target: target || "COLUMN", ...(as && { as }) };
  return { ...(data !== "mnist" && { data }), ...(limit < EXAMPLES && { limit }) };
}
