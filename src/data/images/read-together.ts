/** Files that are read at the same time: waiting for each by itself takes most of the time, above all in a browser. */
const TOGETHER = 16;

/** Each file with what is read of it, in order. What rejects does so where it is awaited. */
export async function* readTogether<F, T>(
  files: readonly F[],
  read: (file: F) => Promise<T>,
): AsyncGenerator<readonly [file: F, read: Promise<T>]> {
  for (let from = 0; from < files.length; from += TOGETHER) {
    const group = files.slice(from, from + TOGETHER).map((file) => [file, read(file)] as const);
    await Promise.allSettled(group.map(([, reading]) => reading));
    yield* group;
  }
}
