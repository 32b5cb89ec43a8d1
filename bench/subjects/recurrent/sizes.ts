import { UserError } from "../../../src/errors.ts";
import { neurons, passes, type Recurrent, recurrentCells } from "../../workloads/recurrent.ts";

export type Sizes = Pick<Recurrent, "batch" | "length" | "input" | "units">;
export type SizeLists = Readonly<Partial<Record<keyof Sizes, readonly number[]>>>;

/** Sizes by name: those that are measured where none are given, and a small one. */
export const presets = {
  rows: { batch: 32, length: 100, input: 28, units: 128 },
  pixels: { batch: 32, length: 784, input: 1, units: 128 },
  single: { batch: 1, length: 100, input: 28, units: 128 },
  wide: { batch: 32, length: 100, input: 256, units: 512 },
  images: { batch: 100, length: 28, input: 28, units: 128 },
  quick: { batch: 8, length: 20, input: 16, units: 32 },
} as const satisfies Readonly<Record<string, Sizes>>;

const usual: readonly (keyof typeof presets)[] = ["rows", "pixels", "single", "wide", "images"];

function presetOf(name: string): Sizes {
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets];
  throw new UserError(
    `recurrent: sizes are ${Object.keys(presets).join(", ")}, or --batch and so on; received ${name}`,
  );
}

function cellOf(name: string): Recurrent["cell"] {
  const cell = recurrentCells.find((known) => known === name);
  if (cell === undefined)
    throw new UserError(`--cell takes ${recurrentCells.join(" or ")} in recurrent; received ${name}`);
  return cell;
}

/**
 * What is measured, with a training step and inference of each: the named sizes, with the numbers that are listed in place of theirs, in every
 * combination. Numbers without a name change those of `rows`. Throws UserError for arrays beyond 512 MB.
 */
export function recurrentTasks(names: readonly string[], cellName: string, lists: SizeLists = {}): Recurrent[] {
  const cell = cellOf(cellName);
  const isListed = Object.keys(lists).length > 0;
  const chosen = names.length > 0 ? names : isListed ? ["rows"] : usual;
  const all = Object.entries(lists).reduce<Sizes[]>(
    (sizes, [name, values]) => sizes.flatMap((each) => values!.map((value) => ({ ...each, [name]: value }))),
    chosen.map(presetOf),
  );
  return all.flatMap((sizes) => {
    const { batch, length, input, units } = sizes;
    const width = neurons.length * units;
    if (Math.max(batch * length * Math.max(width, input), width * Math.max(units, input)) > 2 ** 27)
      throw new UserError(
        `recurrent: an array has at most 134217728 elements (512 MB); received ${batch}x${length}, ${input}-${units}`,
      );
    return passes.map((pass) => ({ kind: "recurrent" as const, cell, pass, ...sizes }));
  });
}
