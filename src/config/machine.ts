import { MOST_THREADS } from "../backends/engine/engine.ts";
import { precisions } from "../backends/precision.ts";
import { backendNames } from "../backends/select.ts";
import { boolean, choice, text, type Values, whole } from "../options/index.ts";

/** Where a run happens, and where it is kept: without an effect on its numbers, up to rounding. */
export const machineOptions = {
  backend: choice(backendNames, "where it runs; see heaviside backends", { default: "auto", flag: "--backend <name>" }),
  threads: whole({ atLeast: 1, atMost: MOST_THREADS }, "threads to run on", {
    flag: "--threads <n>",
    usual: "one a processor",
  }),
  /** Of the operands of large matrix products. Only the native backend has others than float32. */
  precision: choice(precisions, precisions.join(", "), { flag: "--precision <name>", usual: precisions[0] }),
  /** The run folder. null: nothing is written. */
  out: text("the run folder; null: nothing is written", { nullable: true, usual: "a new one under runs/" }),
  tensorboard: boolean("write events for TensorBoard into it", { usual: "false" }),
  /** Takes some of the training's time. */
  debugNan: boolean("name the op of a number that isn't finite", { usual: "false" }),
};

export type MachineConfig = Values<typeof machineOptions>;
