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
  const {
    spec,
    parameters = [],
    programs,
  }: Partial<StoredPrograms> & Pick<StoredPrograms, "programs"> = {
    ...described,
    programs: described.programs,
  };
  const named = [
    ...parameters.map(({ array }) => array),
    ...programs.flatMap(({ words, constants }) => [words, ...constants.map(({ array }) => array)]),
  ];
  const missing = named.find((array) => !arrays.has(array));
  if (missing !== undefined || !Array.isArray(spec?.inputs))
    throw new UserError(`model file: ${name}: its programs need ${missing ?? "a description"}, which isn't there`);
  return described as StoredPrograms;
}
