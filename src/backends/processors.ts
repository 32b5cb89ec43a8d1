/** How many threads the machine runs at once. */
export function processors(): number {
  if (typeof process !== "undefined" && process.versions?.node !== undefined)
    return process.getBuiltinModule("node:os").availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}
