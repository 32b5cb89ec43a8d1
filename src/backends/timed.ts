import type { NdArray } from "../graph/ndarray.ts";
import type { Backend, Storage } from "./backend.ts";

/** Runs before the clock counts: memory is mapped, caches are filled, machine code is made. */
const WARM_UP = 2;
/** Runs that are timed at least, however long they take. */
const LEAST_RUNS = 5;

/** Calls `run` for about `seconds`, the first times with `counts` false. */
export function timedRuns(seconds: number, run: (counts: boolean) => void): void {
  for (let i = 0; i < WARM_UP; i++) run(false);
  const until = performance.now() + 1000 * seconds;
  for (let i = 0; i < LEAST_RUNS || performance.now() < until; i++) run(true);
}

/** Seconds that a call takes, and what it gives. */
export function timed<T>(call: () => T): { readonly seconds: number; readonly result: T } {
  const from = performance.now();
  const result = call();
  return { seconds: (performance.now() - from) / 1000, result };
}

/** What `f` gives for values in whose stead copies of storages stand; one storage has one copy. */
export function onCopies<T>(
  backend: Backend,
  values: readonly (Storage | NdArray)[],
  f: (copies: readonly (Storage | NdArray)[]) => T,
): T {
  const copies = new Map<Storage, Storage>();
  try {
    return f(
      values.map((value) => {
        if (!("backend" in value)) return value;
        const known = copies.get(value);
        if (known) return known;
        const copy = backend.allocate(value);
        copies.set(value, copy);
        backend.write(copy, backend.read(value));
        return copy;
      }),
    );
  } finally {
    for (const copy of copies.values()) backend.free(copy);
  }
}
