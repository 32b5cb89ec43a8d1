import { stopGradient, type Tensor } from "../graph/index.ts";
import type { Downstream, Mode } from "./estimator.ts";
import { alongPath } from "./path-gradient.ts";

/**
 * What follows a layer as its estimator calls it, made of the layers themselves.
 * @param rest   those layers: what was sent and how they are called, to the loss of each example. It samples when called "detached",
 *               sends readouts when called for its "mean", and otherwise runs its own estimators.
 * @param within how the layer itself is being called: inside a path call nothing is live
 */
export const continuation =
  (rest: (h: Tensor, mode: Mode) => Tensor, within: Mode): Downstream =>
  (sent, mode = "live") => {
    if (mode === "detached") return stopGradient(rest(sent, mode));
    if (mode === "live" && within === "live") return rest(sent, mode);
    // Part of an outer path call, which cuts off what must not learn. What was sent is not all that leads back to it: blocks behind gates
    // read what their gater reads.
    if (mode === "live") return rest(sent, within);
    return alongPath(rest(sent, mode === "mean" ? mode : "path"), sent);
  };
