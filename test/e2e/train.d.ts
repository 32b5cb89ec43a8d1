import type { Backend } from "../../src/backends/backend.ts";

export function train(
  library: typeof import("../../src/entries/engine.ts"),
  backend: Backend,
): { losses: number[]; weights: number[] };
