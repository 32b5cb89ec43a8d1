import { UserError } from "../errors.ts";
import { type NdArray, sizeOf } from "../graph/ndarray.ts";
import { PROGRAMS } from "../plan/program-version.ts";
import { CALL_ROWS, type PredictionSpec } from "../predict/spec.ts";
import type { StoredProgram, StoredPrograms } from "../predict/stored-programs.ts";
import { cut, show } from "../rules.ts";
import { areColumns, numberNames } from "../tables/columns.ts";

type Arrays = ReadonlyMap<string, NdArray>;
type Members = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, is: (one: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.every(is);
const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown, most = MOST): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;

/** Numbers that the kernels' memory holds. */
const MOST = 2 ** 30;
/** No array of the library has more axes. */
const MOST_AXES = 16;

const isShape = (value: unknown): value is readonly number[] =>
  isListOf(value, (length) => isCount(length)) && value.length <= MOST_AXES && isCount(sizeOf(value as number[]));

/** Whether a value of JSON describes an array that goes in or comes out. */
function isArray(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name, shape, dtype, columns } = value;
  const isNamed = columns === undefined || isListOf(columns, isText);
  return isText(name) && isShape(shape) && (dtype === "float32" || dtype === "int32") && isNamed;
}

function isInput(value: unknown): boolean {
  if (!isArray(value)) return false;
  const { shape, columns, classes, range, table, image } = value as Members;
  const size = sizeOf(shape as number[]);
  return (
    (columns === undefined || (columns as readonly string[]).length === size) &&
    (classes === undefined || isCount(classes)) &&
    (range === undefined || (isListOf(range, Number.isFinite) && range.length === 2)) &&
    (table === undefined || (areColumns(table) && numberNames(table).length === size)) &&
    (image === undefined || (isRecord(image) && Object.values(image).every(isText)))
  );
}

const isGate = (value: unknown): boolean => isRecord(value) && isText(value.layer) && isCount(value.blocks);

/** Whether a value of JSON says how a network predicts. */
function isSpec(value: unknown): value is PredictionSpec {
  if (!isRecord(value)) return false;
  const { inputs, outputs, gates, names, deterministic } = value;
  return (
    isListOf(inputs, isInput) &&
    inputs.length > 0 &&
    isListOf(outputs, isArray) &&
    isListOf(gates, isGate) &&
    (names === undefined || isListOf(names, isText)) &&
    typeof deterministic === "boolean"
  );
}

/** Whether a parameter of that form is there: one held by unit is turned, and has two axes for it. */
function isParameter(value: unknown, arrays: Arrays): boolean {
  if (!isRecord(value)) return false;
  const found = arrays.get(value.array as string);
  return found?.dtype === "float32" && (value.byUnit === undefined || found.shape.length === 2);
}

/** Whether a program is described as a whole: what it names is there, and its outputs lie in the memory that it gets. */
function isProgram(value: unknown, spec: PredictionSpec, parameters: readonly number[], arrays: Arrays): boolean {
  if (!isRecord(value)) return false;
  const { reading, rows, words, arena, constantSize, constants, outputs } = value;
  if (reading !== "deterministic" && reading !== "stochastic") return false;
  if (!isCount(rows, CALL_ROWS.at(-1)) || rows === 0 || !isCount(arena) || !isCount(constantSize)) return false;
  if (arrays.get(words as string)?.dtype !== "int32") return false;
  const lies = (offset: unknown, length: number, within: number): boolean =>
    isCount(offset) && offset + length <= within;
  const isConstant = (one: unknown): boolean => {
    const data = isRecord(one) ? arrays.get(one.array as string)?.data : undefined;
    return data !== undefined && lies((one as Members).offset, data.length, constantSize);
  };
  // Intermediate results, constants, parameters, the two numbers of the noise, inputs.
  const inputs = spec.inputs.map(({ shape }) => rows * sizeOf(shape));
  const buffers = [arena, constantSize, ...parameters, 1, 1, ...inputs];
  const made = [...spec.outputs.map(({ shape }) => sizeOf(shape)), ...spec.gates.map(({ blocks }) => blocks)];
  const isOutput = (one: unknown, i: number): boolean =>
    isRecord(one) && isCount(one.buffer, buffers.length - 1) && lies(one.offset, rows * made[i]!, buffers[one.buffer]!);
  return (
    isListOf(constants, isConstant) &&
    Array.isArray(outputs) &&
    outputs.length === made.length &&
    outputs.every(isOutput)
  );
}

/**
 * The programs that a model file describes. Throws UserError where it has none, where they are for other kernels, where an array that they name isn't there,
 * and where they don't describe what goes in and comes out, or say that it lies outside of their memory. The words of a program are trusted: it can do no more
 * than compute in the memory of its own kernels, for as long as it wants.
 */
export function programsIn(value: unknown, arrays: Arrays, name: string): StoredPrograms {
  const described = value as Partial<StoredPrograms> | null;
  if (typeof described !== "object" || described === null || !Array.isArray(described.programs))
    throw new UserError(`model file: ${name} has no programs: save it with heaviside's save, or npx heaviside save`);
  if (described.version !== PROGRAMS)
    throw new UserError(
      `model file: ${name} has programs of version ${show(described.version)}, this library runs version ${PROGRAMS}: save the model again with this version of heaviside`,
    );
  const refuse = (what: string): never => {
    throw new UserError(`model file: ${name}: its programs need ${what}, which isn't there`);
  };
  const { spec, parameters, programs } = described;
  if (!isSpec(spec)) return refuse("a description of what goes in and comes out");
  if (!Array.isArray(parameters)) return refuse("a list of parameters");
  for (const parameter of parameters)
    if (!isParameter(parameter, arrays)) refuse(`the parameter ${cut(String(parameter?.array))}`);
  const sizes = parameters.map(({ array }) => arrays.get(array)!.data.length);
  programs.forEach((program, i) => {
    if (!isProgram(program, spec, sizes, arrays)) refuse(`a description of program ${i} with arrays that fit`);
  });
  // Examples that are left over are predicted one by one.
  if (!programs.some(({ rows }: StoredProgram) => rows === 1)) refuse("a program of one row");
  return described as StoredPrograms;
}
