import type { ClockFault } from "./disturbance.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
/** Looks at the clock between two jumps. */
const LOOKS = 10;

/** Milliseconds by which the clock is wrong at its `look`-th reading. */
const offsets: Record<Exclude<ClockFault, "still">, (look: number) => number> = {
  back: (look) => -HOUR * Math.floor(look / LOOKS),
  forward: (look) => YEAR * Math.floor(look / LOOKS),
  behind: () => -100 * YEAR,
};

/**
 * Makes the time of day jump. `performance.now` is monotonic by its definition, but coarse in some places: where the clock stands still, it
 * gives the same number for a second.
 */
export function disturbClock(kind: ClockFault): void {
  const Real = Date;
  const began = Real.now();
  let looks = 0;
  const now = (): number => (kind === "still" ? began : Real.now() + offsets[kind](looks++));
  globalThis.Date = class extends Real {
    constructor(...args: ConstructorParameters<typeof Real> | []) {
      if (args.length === 0) super(now());
      else super(...args);
    }
    static override now = now;
  } as DateConstructor;
  if (kind !== "still") return;
  const real = performance.now.bind(performance);
  performance.now = () => 1000 * Math.floor(real() / 1000);
}
