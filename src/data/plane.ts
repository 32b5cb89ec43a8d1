import { requireMemory } from "../formats/memory.ts";
import { NdArray } from "../graph/ndarray.ts";
import { philoxWords } from "../random/philox.ts";
import { checkNumber } from "../rules.ts";
import type { DataSource, LabelledDataset, LabelledSplit, SplitName } from "./dataset.ts";
import { unit } from "./sequences/generated.ts";
import { sineOfTurns } from "./sequences/manifolds.ts";

/** How many points there are, and where they lie. */
export interface PlaneOptions {
  /** Points to train on (default: 1,000). */
  readonly examples?: number | undefined;
  /** Points to validate with (default: 500). */
  readonly valid?: number | undefined;
  /** Points to test with (default: 500). */
  readonly test?: number | undefined;
  /** Standard deviation by which each coordinate is moved; without it they lie between -5 and 5 (default: 0.25). */
  readonly noise?: number | undefined;
  /** Decides the points: an integer in 0..2³²-1 (default: 0). */
  readonly seed?: number | undefined;
}

/** Keeps the words of these draws apart from those that other draws take from the same key ("PLN" and a number). */
const DOMAINS: Readonly<Record<SplitName, number>> = { train: 0x504c4e30, valid: 0x504c4e31, test: 0x504c4e32 };

/** Half the side of the square in which the points lie. Pre-activations of the first weights then are neither all small nor all large. */
const RADIUS = 5;

/** A point of a class in the square from -1 to 1, of uniform numbers in [0, 1). */
type Place = (label: 0 | 1, next: () => number) => readonly [x: number, y: number];

/** r and an angle in turns from the first axis. */
const polar = (r: number, turns: number): readonly [number, number] => [
  r * sineOfTurns(turns + 0.25),
  r * sineOfTurns(turns),
];

/** The radius of a ring at which areas are equal for equal steps of u. Square roots are the same in every engine. */
const ring = (from: number, to: number, u: number): number => Math.sqrt(from ** 2 + (to ** 2 - from ** 2) * u);

/** Standard deviation of a cloud, before noise. */
const CLOUD = 0.2;
/** Turns of a spiral. */
const TURNS = 1.75;

/**
 * About a standard normal number: the sum of 12 uniform ones less 6, which has mean 0 and variance 1. Additions are the same in every engine; a logarithm
 * is not.
 */
function normal(next: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += next();
  return sum;
}

/** A data set of points of two classes; example i has the class i mod 2. */
function plane(name: string, summary: string, place: Place): DataSource<PlaneOptions, LabelledDataset> {
  return {
    name,
    summary,
    options: ["examples", "valid", "test", "noise", "seed"],
    async load({ examples = 1_000, valid = 500, test = 500, noise = 0.25, seed = 0 }) {
      const subject = `data: ${name}`;
      for (const [option, value] of Object.entries({ examples, valid, test }))
        checkNumber(`${subject}: ${option}`, value, { whole: true, atLeast: 1, below: 2 ** 31 });
      checkNumber(`${subject}: noise`, noise, { atLeast: 0, atMost: 10 });
      checkNumber(`${subject}: seed`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
      requireMemory(`${subject}, with ${examples + valid + test} points,`, 12 * (examples + valid + test));
      const part = (split: SplitName, size: number): LabelledSplit => {
        const x = new Float32Array(2 * size);
        const label = Int32Array.from({ length: size }, (_, i) => i % 2);
        for (let i = 0; i < size; i++) {
          const word = philoxWords([seed, 0], DOMAINS[split], [i, 0]);
          const next = () => unit(word());
          const at = place(i % 2 === 0 ? 0 : 1, next);
          x[2 * i] = RADIUS * at[0] + noise * normal(next);
          x[2 * i + 1] = RADIUS * at[1] + noise * normal(next);
        }
        return { name: split, size, fields: { x: new NdArray(x, [size, 2]), label: new NdArray(label, [size]) } };
      };
      return {
        name,
        fields: {
          x: { shape: [2], dtype: "float32" },
          label: { shape: [], dtype: "int32", classes: ["0", "1"] },
        },
        splitNote: `${examples} points to train on, ${valid} to validate, ${test} to test, drawn by seed ${seed}; half of them in each class.`,
        baseline: "A guess is wrong in half of all cases.",
        ...{ train: part("train", examples), valid: part("valid", valid), test: part("test", test) },
      };
    },
  };
}

/**
 * Points of the plane in two classes, for networks whose decisions are to be seen: x [2] and the class. The shapes are those of TensorFlow Playground
 * (Smilkov, Carter, Sculley, Viégas and Wattenberg, arXiv:1708.03788, 2017), and the two moons of scikit-learn. Point i of a split is a function of the
 * seed and i.
 */
export const planeSources = {
  circles: plane("circles", "points of the plane: a disc within a ring", (label, next) =>
    polar(label === 1 ? ring(0, 0.5, next()) : ring(0.7, 1, next()), next()),
  ),
  moons: plane("moons", "points of the plane: two half circles that interlock", (label, next) => {
    const [x, y] = polar(1, next() / 2);
    return label === 1 ? [(0.5 - x) / 1.5, (0.25 - y) / 1.5] : [(x - 0.5) / 1.5, (y - 0.25) / 1.5];
  }),
  spirals: plane("spirals", "points of the plane: two spirals around each other", (label, next) => {
    const u = next();
    return polar(0.1 + 0.9 * u, TURNS * u + label / 2);
  }),
  xor: plane("xor", "points of the plane: the class is the sign of x · y", (label, next) => {
    // A gap along the axes keeps the classes apart.
    const [x, y] = [0.05 + 0.95 * next(), 0.05 + 0.95 * next()];
    const left = next() < 0.5;
    return [left ? -x : x, left === (label === 1) ? -y : y];
  }),
  clouds: plane("clouds", "points of the plane: two Gaussian clouds", (label, next) => {
    const centre = label === 1 ? 0.4 : -0.4;
    return [centre + CLOUD * normal(next), centre + CLOUD * normal(next)];
  }),
} as const;
