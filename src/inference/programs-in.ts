import { UserError } from "../errors.ts";
import type { NdArray } from "../graph/ndarray.ts";
import { PROGRAMS } from "../plan/program-version.ts";
import type { StoredPrograms } from "../predict/stored-programs.ts";

/**
 * The programs that a model file describes. Throws UserError where it has none, where they are for other kernels, and where an array that they name
 * isn't there. What a file says beyond that is trusted: a program can do no more than compute in the memory of its own kernels.
 */
export function programsIn(value: unknown, arrays: ReadonlyMap<string, NdArray>, name: string): StoredPrograms {
  const described = value as Partial<StoredPrograms> | null;
  if (typeof described !== "object" || described === null || !Array.isArray(described.programs))
    throw new UserError(`model file: ${name} has no programs: save it with heaviside's save, or npx heaviside save`);
  if (described.version !== PROGRAMS)
    throw new UserError(
      `model file: ${name} has programs of version ${described.version}, this library runs version ${PROGRAMS}: save the model again with this version of heaviside`,
    );
  const refuse = (what: string): never => {
    throw new UserError(`model file: ${name}: its programs need ${what}, which isn't there`);
  };
  const { spec, parameters, programs } = described as StoredPrograms;
  const lists = [spec?.inputs, spec?.outputs, spec?.gates, parameters, programs];
  if (!lists.every((list) => Array.isArray(list) && list.every((part) => typeof part === "object" && part !== null)))
    refuse("a description");
  if (programs.length === 0 || spec.inputs.length === 0) refuse("a description");
  const floats = (array: string): boolean => arrays.get(array)?.dtype === "float32";
  for (const { array } of parameters) if (!floats(array)) refuse(array);
  for (const { words, constants, outputs, rows, arena, constantSize } of programs) {
    const isWhole = [rows, arena, constantSize].every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!isWhole || outputs?.length !== spec.outputs.length + spec.gates.length) refuse("a description");
    if (arrays.get(words)?.dtype !== "int32") refuse(words);
    for (const { array } of constants) if (!arrays.has(array)) refuse(array);
  }
  return described as StoredPrograms;
}
