import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile.ts";
import type { Tensor, Tree } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { withinNorm } from "../optimizers/index.ts";
import type { Resident } from "../resident.ts";
import type { TrainingConfig } from "./config.ts";
import { incomingOf } from "./step.ts";

/**
 * What enforces max-norm between steps, on parameters where they lie, told how many steps are done; undefined where there is no limit, or
 * where it is part of every step.
 */
export function restrainer(
  model: Model,
  backend: Backend,
  { maxNorm: limit, maxNormEvery: every = 1 }: TrainingConfig,
): ((params: Resident<Params<Tensor>>, steps: number) => void) | undefined {
  if (limit === undefined || every === 1) return undefined;
  const program = compile(
    (params: Params<Tensor>) => ({ state: withinNorm(params as Tree<Tensor>, limit, incomingOf(model)) as never }),
    { backend },
  );
  return (params, steps) => {
    if (steps % every === 0) program(params as never);
  };
}
