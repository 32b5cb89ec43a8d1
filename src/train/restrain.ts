import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import type { Resident } from "../compile/resident.ts";
import type { Tensor } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { withinNorm } from "../optimizers/index.ts";
import type { TrainingConfig } from "./config.ts";
import { incomingOf } from "./step.ts";

/** Enforces max-norm on parameters where they lie, told how many steps are done. */
export type Restrain = (params: Resident<Params<Tensor>>, steps: number) => void;

/**
 * What enforces max-norm between steps, to be made for a model on a backend; undefined where there is no limit, or where it is part of every
 * step.
 */
export function restrainer({
  maxNorm: limit,
  maxNormEvery: every = 1,
}: TrainingConfig): ((model: Model, backend: Backend) => Restrain) | undefined {
  if (limit === undefined || every === 1) return undefined;
  return (model, backend) => {
    const program = compile((params: Params<Tensor>) => ({ state: withinNorm(params, limit, incomingOf(model)) }), {
      backend,
    });
    return (params, steps) => {
      if (steps % every === 0) program(params);
    };
  };
}
