import type { Backend } from "../../src/backends/backend.ts";

export function train(
  library: typeof import("../../src/index.ts"),
  backend: Backend,
): { losses: number[]; weights: number[] };
