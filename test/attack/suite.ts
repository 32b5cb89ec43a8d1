import { checkPrototypes } from "./guards.ts";

/** How a suite is run. */
export interface RunOptions {
  /** Seeds from..from+cases-1, one case each. */
  readonly from: number;
  readonly cases: number;
  /** An empty folder of its own: nothing is written outside of it. */
  readonly folder: string;
  /** The package as an application has it: `dist/`, `bin/` and the native add-on (see `package.ts`). */
  readonly pack: string;
  /** Told before each case of this process. */
  begun?(seed: number): void;
  /** Told after each case how many are done. */
  progress?(done: number): void;
}

/** A case that did not end as it must. */
export interface Fault {
  readonly seed: number;
  readonly what: string;
}

/** How a suite's cases ended. */
export interface Report {
  /** How many ended in which of the right ways. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
}

/** Hostile input, or hostile events, for one part of the library. A case is a function of its seed. */
export interface Suite {
  readonly name: string;
  /** One line: what is fed to what. */
  readonly about: string;
  /** Cases of a bounded run, as continuous integration has it, and of a full one. */
  readonly cases: number;
  readonly full: number;
  run(options: RunOptions): Promise<Report>;
}

/** Memory in array buffers that one case may add: small files make small arrays. */
const MOST_MEMORY = 64e6;
/** Bytes by which the most memory that the process ever had may grow in a case: what is given back counts too. */
const MOST_PEAK = 400e6;
/** Bytes that the process has had at most. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;

/** Runs one case after another in this process; each says how it ended, or throws where that is wrong. */
export async function eachCase(
  { from, cases, begun, progress }: Pick<RunOptions, "from" | "cases" | "begun" | "progress">,
  one: (seed: number) => Promise<string>,
): Promise<Report> {
  const outcomes: Record<string, number> = {};
  const faults: Fault[] = [];
  for (let seed = from; seed < from + cases; seed++) {
    begun?.(seed);
    try {
      const [before, highest] = [process.memoryUsage().arrayBuffers, peak()];
      const outcome = await one(seed);
      const taken = process.memoryUsage().arrayBuffers - before;
      if (taken > MOST_MEMORY) throw new Error(`took ${Math.round(taken / 1e6)} MB (${outcome})`);
      const grown = peak() - highest;
      if (grown > MOST_PEAK) throw new Error(`took ${Math.round(grown / 1e6)} MB for a while (${outcome})`);
      checkPrototypes();
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      faults.push({ seed, what: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    progress?.(seed - from + 1);
  }
  return { outcomes, faults };
}
