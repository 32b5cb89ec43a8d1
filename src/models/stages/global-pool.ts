import { max, mean } from "../../graph/index.ts";
import { checkChoice, checkKeys } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { imageOf, inShape } from "./image.ts";
import { poolings } from "./pool.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** How an image becomes one number for each channel. */
export interface GlobalPoolOptions extends UnitsOption {
  /** (default: "mean") */
  readonly reduce?: (typeof poolings)[number] | undefined;
  /** Its name in tables (default: global-pool1, global-pool2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "mean or maximum of each channel",
  summary: "One number for each channel: the mean or the largest of all its places.",
  formula: "y_m = \\tfrac1{RC}\\textstyle\\sum_{rc} x_{rcm}",
  reads: "[B, R, C, M]",
  outputs: "[B, M]",
  source: "Lin, Chen and Yan 2013, Network in network, https://arxiv.org/abs/1312.4400",
};

/** A mean or maximum over the places of an image, [rows, columns, channels] → [channels]. Lin, Chen and Yan 2013. Throws UserError, when the network is made, for an option that isn't as it must be. */
export const globalPool = (options: GlobalPoolOptions = {}): StageSpec => specOf("global-pool", options, build);

function build({ estimator, ...options }: GlobalPoolOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, ["reduce", "estimator", "name"]);
  const { reduce = "mean", name = `global-pool${at.number}` } = options;
  checkChoice(`${subject}.reduce`, reduce, poolings);
  const image = imageOf(at, "global-pool");
  return withUnits(at, estimator, {
    kind: "global-pool",
    config: options,
    output: [image[2]],
    row: { name, map: `global ${reduce} pool`, input: at.input, parameters: [], multiplyAdds: 0 },
    init: () => ({}),
    map: (_, x) => (reduce === "max" ? max : mean)(inShape(x, image), [1, 2]),
  });
}
