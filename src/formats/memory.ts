import { UserError } from "../errors.ts";

/** Bytes that this process can still allocate; undefined where the platform does not say, as in browsers. */
export function availableMemory(): number | undefined {
  const { process } = globalThis as { process?: { availableMemory?: () => number } };
  return process?.availableMemory?.();
}

/**
 * Throws UserError where `bytes` are more than this process can still allocate. `subject` says what takes them. Call it
 * before allocating a size that was read from a file or given by the user.
 */
export function requireMemory(subject: string, bytes: number, available = availableMemory()): void {
  if (available === undefined || bytes <= available) return;
  throw new UserError(`${subject} takes ${gigabytes(bytes)} of memory, ${gigabytes(available)} are available`);
}

/** What `make` allocates, or a UserError where the platform has no array of that size. */
export function allocate<Memory>(subject: string, bytes: number, make: () => Memory): Memory {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(`${subject} takes ${gigabytes(bytes)} of memory, which this platform does not give`, { cause });
  }
}

const gigabytes = (bytes: number): string => {
  const value = bytes / 1e9;
  return `${value >= 1e6 ? value.toExponential(1) : value.toFixed(value < 10 ? 2 : 0)} GB`;
};
