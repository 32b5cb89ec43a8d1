import type { KernelKind } from "./dense-above.ts";
import type { PlanOptions } from "./fusion.ts";
import type { Location, Pack, Plan } from "./plan.ts";

/** What the plan needs to know of a backend's kernels. */
export interface Kernels {
  readonly kind: KernelKind;
  /** Elements of scratch that a matrix product wants. */
  gemmScratch(m: number, n: number, k: number): number;
}

/** Constants of a program, those of its loops included. */
export class Constants {
  readonly list: { offset: number; data: Plan["constants"][number]["data"] }[] = [];
  size = 0;

  /** The place of an array. */
  add(data: Plan["constants"][number]["data"]): number {
    const offset = this.size;
    this.list.push({ offset, data });
    this.size += Math.ceil(Math.max(1, data.data.length) / 16) * 16;
    return offset;
  }
}

/** What a list of instructions is emitted for: a program, or a step of a loop. */
export interface Surroundings {
  readonly kernels: Kernels;
  readonly options: PlanOptions;
  readonly constants: Constants;
  /** The buffers of intermediate results and of constants. */
  readonly arenaBuffer: number;
  readonly constantsBuffer: number;
  /** Where an input lies. */
  input(index: number): Location;
  /** In a loop over rows: where a matrix that is the same in all steps is packed. */
  readonly packed?: ((matrix: Omit<Pack, "to">) => Location) | undefined;
}
