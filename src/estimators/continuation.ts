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
    return alongPath(rest(sent, mode === "mean" ? mode : "path"), sent);
  };
