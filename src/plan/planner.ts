import { UserError } from "../errors.ts";
import { showShape } from "../graph/ndarray.ts";
import { MOST_ELEMENTS } from "../graph/size.ts";
import { Emitter } from "./emitter.ts";
import { fallibleGroups } from "./fallible.ts";
import { fuse } from "./fuse.ts";
import { checkPlanOptions, joiningWithout, type PlanOptions } from "./fusion.ts";
import type { Group } from "./group.ts";
import { lower } from "./lower.ts";
import { Arena } from "./memory.ts";
import { ARENA, CONSTANTS, INPUTS, type Plan } from "./plan.ts";
import { poolInConvolutions } from "./pooling.ts";
import type { Program } from "./program.ts";
import { schedule } from "./schedule.ts";
import { Constants, type Kernels } from "./surroundings.ts";
import type { Value } from "./value.ts";

/**
 * Plans a program: what is fused, in which order it runs, and where each array lies. Time is linear in the program's length
 * (up to the arena's search). Throws UserError for what only the reference backend can run.
 */
export function plan(program: Program, kernels: Kernels, options: PlanOptions = {}): Plan {
  checkPlanOptions(options);
  const { values, outputs, updates, origins } = lower(program);
  const updated = new Set(updates.map((u) => u.value.value));
  const kept = new Set([...outputs.map((v) => v.value), ...updated]);
  const groupOf = fuse(values, kept, joiningWithout(options.without ?? [], values, updated));
  if (!options.without?.includes("epilogue")) poolInConvolutions(values, groupOf, kept);
  const fallible = updates.length > 0 ? fallibleGroups(groupOf) : new Set<Group>();
  const { order, inPlace } = schedule(
    groupOf,
    updates.map((u) => ({ input: u.input, value: u.value.value })),
    fallible,
  );
  const constants = new Constants();
  const around = {
    ...{ kernels, options, constants, arenaBuffer: ARENA, constantsBuffer: CONSTANTS },
    input: (index: number) => ({ buffer: INPUTS + index, offset: 0 }),
  };
  const places = new Map([...inPlace].map(([value, index]) => [value, around.input(index)]));
  const arena = new Arena();
  const emitter = new Emitter(around, values, groupOf, { kept, places, inPlace, arena });
  let mayFail = 0;
  const { instructions } = emitter;
  /** What each instruction computes. */
  const makes: (readonly Value[])[] = [];
  const note = (of: readonly Value[]): void => {
    while (makes.length < instructions.length) makes.push(of);
  };
  for (const group of order) {
    emitter.group(group);
    note(group.members);
    if (fallible.has(group)) mayFail = emitter.instructions.length;
  }
  for (const { input, value } of updates)
    if (inPlace.get(value.value) !== input) {
      emitter.copy(value, around.input(input));
      note([value.value]);
    }
  checkOffsets(arena.size, constants.size, values);
  return {
    instructions,
    origins: makes.map((of) => [...new Set(of.flatMap((value) => origins.get(value) ?? []))]),
    mayFail,
    arena: arena.size,
    live: arena.most,
    constants: constants.list,
    constantSize: constants.size,
    inputs: program.inputs.map(({ tensor }) => ({ shape: tensor.shape, dtype: tensor.dtype })),
    outputs: outputs.map((v) => ({ shape: v.shape, dtype: v.value.dtype, at: emitter.locate(v) })),
  };
}

/** Throws UserError where the intermediate results lie further apart than an instruction can say. */
function checkOffsets(arena: number, constants: number, values: readonly Value[]): void {
  const [largest] = [...values].sort((a, b) => b.size - a.size);
  for (const [what, size] of [
    ["intermediate results", arena],
    ["constants", constants],
  ] as const)
    if (size > MOST_ELEMENTS)
      throw new UserError(
        `compile: the ${what} of one call are at most ${MOST_ELEMENTS.toLocaleString("en")} elements together, these would be ${size.toLocaleString("en")}; the largest has the shape ${showShape(largest!.shape)}`,
      );
}
