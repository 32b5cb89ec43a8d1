import { UserError } from "../../../src/errors.ts";
import type { Conditional } from "../../workloads/conditional.ts";
import { positiveInteger } from "../../workloads/sizes.ts";
import type { ReadList } from "../subject.ts";

export type Sizes = Omit<Conditional, "kind">;
export type SizeLists = Readonly<Partial<Record<keyof Sizes, readonly number[]>>>;

/** The layer that others are variations of. */
export const layerSizes: Sizes = { batch: 256, input: 1024, blocks: 64, width: 64, output: 1024, density: 0.1 };

export const wholeNumbers: ReadList = (option, text) => {
  const values = text.split(",").map(positiveInteger);
  if (values.includes(0)) throw new UserError(`${option} takes positive integers such as 8,64; received ${text}`);
  return values;
};

export const shares: ReadList = (option, text) => {
  const values = text.split(",").map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (!values.every((value) => value > 0 && value <= 1))
    throw new UserError(`${option} takes shares above 0, at most 1, such as 0.1,0.05; received ${text}`);
  return values;
};

/** Every combination of the sizes; what isn't listed is the layer's. Throws UserError for arrays beyond 512 MB. */
export function layerTasks(lists: SizeLists = {}): Conditional[] {
  const combinations = Object.entries(lists).reduce<Sizes[]>(
    (all, [name, values]) => all.flatMap((sizes) => values!.map((value) => ({ ...sizes, [name]: value }))),
    [layerSizes],
  );
  return combinations.map((sizes) => {
    const { batch, input, blocks, width, output } = sizes;
    const widest = Math.max(input, output);
    if (Math.max(blocks * width * widest, batch * widest, batch * blocks * width) > 2 ** 27)
      throw new UserError(
        `conditional: an array has at most 134217728 elements (512 MB); received ${input}-${blocks}x${width}-${output} batch ${batch}`,
      );
    return { kind: "conditional", ...sizes };
  });
}
