/** How a suite is run. */
export interface RunOptions {
  /** Seeds from..from+cases-1, one case each. */
  readonly from: number;
  readonly cases: number;
  /** Told after each case how many are done. */
  progress?(done: number): void;
}

/** How many cases ended in which way, all of them right. */
export type Outcomes = Readonly<Record<string, number>>;

/** Hostile input for one part of the library. A case is a function of its seed. */
export interface Suite {
  readonly name: string;
  /** One line: what is fed to what. */
  readonly about: string;
  /** Cases of a full run. */
  readonly cases: number;
  /** Throws at the first wrong outcome, with its seed. */
  run(options: RunOptions): Promise<Outcomes>;
}

/** Memory in array buffers that one case may add: small files make small arrays. */
const MOST_MEMORY = 64e6;

/** Runs one case after another; each says how it ended, or throws where that is wrong. */
export async function eachCase(
  { from, cases, progress }: RunOptions,
  one: (seed: number) => Promise<string>,
): Promise<Outcomes> {
  const outcomes: Record<string, number> = {};
  for (let seed = from; seed < from + cases; seed++) {
    try {
      const before = process.memoryUsage().arrayBuffers;
      const outcome = await one(seed);
      const taken = process.memoryUsage().arrayBuffers - before;
      if (taken > MOST_MEMORY) throw new Error(`took ${Math.round(taken / 1e6)} MB (${outcome})`);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    progress?.(seed - from + 1);
  }
  return outcomes;
}
