/** Milliseconds of one run, over whole runs that take at least so many seconds together. */
export function millisecondsOf(run: () => void, seconds: number): number {
  const start = performance.now();
  let [runs, elapsed] = [0, 0];
  do {
    run();
    runs++;
    elapsed = performance.now() - start;
  } while (elapsed < 1000 * seconds);
  return elapsed / runs;
}
