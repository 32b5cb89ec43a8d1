import { UserError } from "../../errors.ts";
import {
  arange,
  cast,
  div,
  expandDims,
  greater,
  less,
  max,
  maximum,
  reshape,
  sum,
  type Tensor,
  where,
} from "../../graph/index.ts";
import { checkChoice, checkKeys, show } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { asSequences, sequenceOf } from "./sequence.ts";
import { specOf } from "./spec.ts";

export const reductions = ["sum", "mean", "max"] as const;

/** What becomes of a sequence as a whole. */
export interface OverTimeOptions {
  /** sum: such as spike counts; mean: such as firing rates; max: such as the largest voltage. */
  readonly reduce: (typeof reductions)[number];
  /** The field of the data that says how many steps of a sequence count (default: all of them do). */
  readonly lengths?: string | undefined;
  /** Its name in tables (default: over-time1, over-time2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "sum, mean or maximum over the steps",
  summary: "Reads counts, rates or largest values off a sequence, over the steps that count.",
  formula: "y = \\textstyle\\sum_t x_t,\\;\\; \\tfrac1T\\sum_t x_t \\;\\text{ or }\\; \\max_t x_t",
  reads: "[B, T, I]",
  outputs: "[B, I]",
};

/**
 * A sum, mean or maximum over the steps that count, [T, N] → [N]; 0 for a sequence without steps. It reads class scores off spikes or voltages: the
 * counts of the spikes of output neurons, or the largest voltage of a leaky layer that does not spike. The last voltage is a recurrent stage's output "last".
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const overTime = (options: OverTimeOptions): StageSpec => specOf("over-time", options, build);

function build(options: OverTimeOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, ["reduce", "lengths", "name"]);
  const { reduce, lengths, name = `over-time${at.number}` } = options;
  checkChoice(`${subject}.reduce`, reduce, reductions);
  if (lengths !== undefined && (typeof lengths !== "string" || lengths === ""))
    throw new UserError(`${subject}.lengths must be the name of a field of the data, received ${show(lengths)}`);
  const { steps, inputs } = sequenceOf(at.input);
  return {
    kind: "over-time",
    config: {
      ...{ kind: "over-time", reduce },
      ...(lengths !== undefined && { lengths }),
      ...(options.name !== undefined && { name }),
    },
    rows: [
      {
        ...{ name, kind: `${reduce} over steps`, input: [steps, inputs], output: [inputs] },
        ...{ parameters: [], multiplyAdds: 0, activation: "linear" },
      },
    ],
    output: [inputs],
    units: inputs,
    ...(lengths !== undefined && { fields: { [lengths]: { shape: [], dtype: "int32", range: [0, steps] } } }),
    init: () => ({ params: [{}], states: [{}] }),
    run(_, { x, fields, mode, states }, downstream) {
      const rows = asSequences(name, at.input, x);
      return {
        loss: downstream(reduced(rows, reduce, lengths === undefined ? undefined : fields[lengths]), mode),
        states,
      };
    },
  };
}

/** Below every float32 that a step may have. */
const LOWEST = -3.4e38;

/** x [R, T, N], lengths int32 [R] → [R, N] */
function reduced(x: Tensor, reduce: OverTimeOptions["reduce"], lengths: Tensor | undefined): Tensor {
  const steps = x.shape[1]!;
  if (lengths === undefined) {
    if (reduce === "max") return max(x, 1);
    return reduce === "sum" ? sum(x, 1) : div(sum(x, 1), steps);
  }
  const counts = expandDims(less(reshape(arange(steps), [1, steps]), expandDims(lengths, 1)), 2);
  if (reduce === "max") return where(greater(expandDims(lengths, 1), 0), max(where(counts, x, LOWEST), 1), 0);
  const total = sum(where(counts, x, 0), 1);
  return reduce === "sum" ? total : div(total, expandDims(cast(maximum(lengths, 1), x.dtype), 1));
}
