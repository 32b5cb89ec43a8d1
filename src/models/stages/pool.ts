import { avgPool, maxPool } from "../../graph/index.ts";
import { type Pair, poolWindow } from "../../graph/window.ts";
import { checkChoice, checkKeys } from "../../rules.ts";
import { type Stage, type StageCard, type StagePlace, type StageSpec, within } from "../stage.ts";
import type { Sides } from "./conv.ts";
import { checkReach, imageOf, inShape, windowText } from "./image.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** What is taken of the numbers under a window. */
export const poolings = ["max", "mean"] as const;

/** How images become smaller. */
export interface PoolOptions extends UnitsOption {
  /** Rows and columns of the window (default: 2). */
  readonly size?: Sides | undefined;
  /** Steps of the window (default: its size). */
  readonly stride?: Sides | undefined;
  /** Zeros around the image that no maximum or mean counts (default: 0). */
  readonly padding?: "same" | "valid" | Sides | readonly Sides[] | undefined;
  /** (default: "max") */
  readonly reduce?: (typeof poolings)[number] | undefined;
  /** Its name in tables (default: pool1, pool2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "maximum or mean under a window",
  summary: "Makes images smaller: each window becomes the largest or the mean of its numbers, channel by channel.",
  formula: "y_{pqm} = \\max_{ij}\\, x_{sp+i,\\,sq+j,\\,m}",
  reads: "[B, R, C, M]",
  outputs: "[B, P, Q, M]",
};

/** A maximum or mean of each window of an image, channel by channel. LeCun, Bottou, Bengio and Haffner 1998. Throws UserError, when the network is made, for an option that isn't as it must be. */
export const pool = (options: PoolOptions = {}): StageSpec => specOf("pool", options, build);

function build({ estimator, ...options }: PoolOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, ["size", "stride", "padding", "reduce", "estimator", "name"]);
  const { size = 2, reduce = "max", name = `pool${at.number}`, stride, padding } = options;
  checkChoice(`${subject}.reduce`, reduce, poolings);
  const image = imageOf(at, "pool");
  const [rows, columns, channels] = image;
  const taps = size as Pair;
  const sliding = { ...(stride !== undefined && { stride }), ...(padding !== undefined && { padding }) } as {
    stride?: Pair;
    padding?: Pair;
  };
  const window = within(subject, () => {
    const found = poolWindow("pool", [rows, columns], taps, sliding);
    checkReach("pool", found);
    return found;
  });
  return withUnits(at, estimator, {
    kind: "pool",
    config: options,
    output: [...window.output, channels],
    row: {
      name,
      map: `${reduce} pool ${windowText(size, stride ?? size, size)}`,
      input: at.input,
      parameters: [],
      multiplyAdds: 0,
    },
    init: () => ({}),
    keepsClosed: true,
    map: (_, x) => (reduce === "max" ? maxPool : avgPool)(inShape(x, image), taps, sliding),
  });
}
