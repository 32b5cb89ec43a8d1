import { sizeOf } from "../../graph/index.ts";
import { checkKeys } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { flat } from "./dense.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** Numbers in a row. */
export interface FlattenOptions extends UnitsOption {
  /** Its name in tables (default: flatten1, flatten2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "all numbers of an example in a row",
  summary: "Forgets what is a row, a column and a channel. Dense stages do so by themselves.",
  formula: "y = \\mathrm{vec}(x)",
  reads: "[B, R, C, M]",
  outputs: "[B, N]",
};

/** All numbers of an example in a row. Throws UserError, when the network is made, for an option that there isn't. */
export const flatten = (options: FlattenOptions = {}): StageSpec => specOf("flatten", options, build);

function build({ estimator, ...options }: FlattenOptions, at: StagePlace): Stage {
  checkKeys(at.subject, options, ["estimator", "name"]);
  return withUnits(at, estimator, {
    kind: "flatten",
    config: options,
    output: [sizeOf(at.input)],
    row: { name: options.name ?? `flatten${at.number}`, input: at.input, parameters: [], multiplyAdds: 0 },
    init: () => ({}),
    map: (_, x) => flat(x),
  });
}
