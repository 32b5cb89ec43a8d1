import { UserError } from "../../../src/errors.ts";
import type { Spiking } from "../../workloads/spiking.ts";

export type Sizes = Omit<Spiking, "kind">;
export type SizeLists = Readonly<Partial<Record<keyof Sizes, readonly number[]>>>;

const usual = { batch: [1, 8, 32], length: [100], units: [1024], activity: [0.01, 0.02, 0.05, 0.1, 0.3, 1] };

/** Every combination of the sizes; activity varies fastest. Throws UserError for arrays beyond 512 MB. */
export function spikingTasks(lists: SizeLists = {}): Spiking[] {
  const { batch, length, units, activity } = { ...usual, ...lists };
  const all = batch.flatMap((b) =>
    length.flatMap((l) => units.flatMap((u) => activity.map((a) => ({ batch: b, length: l, units: u, activity: a })))),
  );
  return all.map((sizes) => {
    if (Math.max(sizes.batch * sizes.length, sizes.units) * sizes.units > 2 ** 27)
      throw new UserError(
        `spiking: an array has at most 134217728 elements (512 MB); received ${sizes.batch}x${sizes.length}, ${sizes.units} units`,
      );
    return { kind: "spiking", ...sizes };
  });
}
