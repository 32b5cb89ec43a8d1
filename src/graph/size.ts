import { ShapeError, UserError } from "../errors.ts";

/**
 * The most elements of an array. Kernels count them, and step from one to the next, in signed words of 32 bits; they round
 * counts up to whole tiles and look one chunk ahead, which takes the distance to 2^31.
 */
export const MOST_ELEMENTS = 2 ** 31 - 2 ** 16;

/** Rows or columns that a window of a convolution or a pooling covers, and channels or features of a convolution: kernels have room for no more. */
export const MOST_REACH = 16384;
export const MOST_CHANNELS = 16384;

const grouped = (n: number): string => n.toLocaleString("en");

/** A number of elements as people read it: whole where doubles are exact. */
const elements = (count: number): string => (count < 2 ** 53 ? grouped(count) : count.toExponential(1));

const GIB = 2 ** 30;
/** Bytes as GiB, with three digits at least: "12.3 GiB", "0.0042 GiB". */
const gibibytes = (bytes: number): string =>
  `${bytes >= 100 * GIB ? grouped(Math.round(bytes / GIB)) : Number((bytes / GIB).toPrecision(3))} GiB`;

/**
 * Throws ShapeError, naming `subject`, where an array of `shape` has more elements than any backend can number. Axes of length 0
 * count as 1: the others must be fit to be walked all the same.
 *
 *     checkSize("mlp: hidden[0].units, whose weights are", [784, 3e6])
 */
export function checkSize(subject: string, shape: readonly number[]): void {
  let count = 1;
  for (const length of shape) count *= length === 0 ? 1 : length;
  if (count <= MOST_ELEMENTS) return;
  throw new ShapeError(
    `${subject} [${shape.join(", ")}]: an array has at most ${grouped(MOST_ELEMENTS)} elements, these would be ${elements(count)}`,
  );
}

/** Less than this is never asked about: a look at the system takes as long as some steps of a small network. */
const CHECKED_FROM = 2 ** 28;

/** What Node tells of the machine; browsers tell nothing. */
interface System {
  readonly platform?: string;
  /** From Node 20.13 and 22. Counts what other processes could give back only on Linux. */
  availableMemory?(): number;
  constrainedMemory?(): number;
  getBuiltinModule?(name: "node:os"): { totalmem(): number };
}

/** Bytes that this process can still get: those of the machine, or of its container. Infinity where nobody tells. */
export function memoryThere(system: System | undefined = globalThis.process as System | undefined): number {
  const there = system?.platform === "linux" ? system.availableMemory?.() : undefined;
  if (there !== undefined && there > 0) return there;
  const most = system?.getBuiltinModule?.("node:os").totalmem() ?? Number.POSITIVE_INFINITY;
  const constrained = system?.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(most, constrained) : most;
}

/**
 * Throws UserError where `bytes` are more than the memory there is. The system would grant them all the same, and end the process
 * when they are written to.
 *
 *     checkMemory("mlp: the parameters", 4 * count, "make hidden[0] smaller");
 *
 * @param subject a plural: what needs the memory
 * @param fix  what makes it less
 */
export function checkMemory(subject: string, bytes: number, fix?: string): void {
  if (bytes < CHECKED_FROM) return;
  const there = memoryThere();
  if (bytes <= there) return;
  throw new UserError(
    `${subject} need ${gibibytes(bytes)} of memory, this machine has ${gibibytes(there)} free${fix === undefined ? "" : `: ${fix}`}`,
  );
}
