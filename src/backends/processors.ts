/** How many threads the machine runs at once. */
export async function processors(): Promise<number> {
  if (typeof process !== "undefined" && process.versions?.node !== undefined) {
    const { availableParallelism } = await import("node:os");
    return availableParallelism();
  }
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}
