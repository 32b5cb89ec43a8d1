import { count } from "../../../src/describe/format.ts";
import { median } from "../../../src/statistics/sample.ts";
import type { Sample, Usage } from "./load.ts";

const MEGABYTE = 1e6;

/** What must stay as it is, by how much it may grow from the second tenth of the samples to the last. */
const kept = {
  rss: { title: "resident memory", allowed: 16 * MEGABYTE, unit: MEGABYTE, called: "MB" },
  heap: { title: "heap", allowed: MEGABYTE, unit: MEGABYTE, called: "MB" },
  outside: { title: "memory outside of the heap", allowed: 2 * MEGABYTE, unit: MEGABYTE, called: "MB" },
  pages: { title: "WebAssembly memory", allowed: 0, unit: 1, called: "pages" },
  threads: { title: "threads", allowed: 0, unit: 1, called: "" },
  files: { title: "open files", allowed: 0, unit: 1, called: "" },
} as const satisfies Partial<Record<keyof Usage, object>>;

/**
 * How many times the processor time of the second to fourth tenth an operation may take in the last three. What else runs on a machine only
 * adds to it, so the fastest of three is compared. A cost that grows evenly by a quarter from the second tenth to the last grows by 19 %
 * from the second to the eighth.
 */
const MOST_SLOWER = 1.18;

/** Three digits, without powers of ten. */
const plain = (value: number): string => count(Number(value.toPrecision(3)));

/** What the samples of a load say. */
export interface Verdict {
  /** A line for each tenth, and one of titles above. */
  readonly table: readonly (readonly string[])[];
  /** What grew or slowed down by more than is allowed; none where all is well. */
  readonly faults: readonly string[];
}

/** The samples in ten parts of one size, in their order. Needs at least twenty. */
function tenthsOf(samples: readonly Sample[]): Sample[][] {
  if (samples.length < 20) throw new Error(`soak: a verdict needs 20 samples, received ${samples.length}`);
  const place = (tenth: number): number => Math.round((tenth * samples.length) / 10);
  return Array.from({ length: 10 }, (_, i) => samples.slice(place(i), place(i + 1)));
}

/** Processor time of an operation in each tenth, in microseconds; of the first from its first sample on. */
function costs(tenths: readonly (readonly Sample[])[]): number[] {
  return tenths.map((own, i) => {
    const from = i === 0 ? own[0]! : tenths[i - 1]!.at(-1)!;
    const to = own.at(-1)!;
    return (1e6 * (to.cpu - from.cpu)) / (to.done - from.done);
  });
}

/**
 * Judges a load by the medians of the second and the last tenth of its samples: the first is where programs are planned and compiled. With
 * `speed`, an operation must not need more processor time in the end; short runs are all warm-up.
 */
export function verdictOf(samples: readonly Sample[], { speed }: { readonly speed: boolean }): Verdict {
  const tenths = tenthsOf(samples);
  const middle = (own: readonly Sample[], what: keyof Usage): number => median(own.map((sample) => sample[what]));
  const cost = costs(tenths);
  const faults = Object.entries(kept).flatMap(([name, { title, allowed, unit, called }]) => {
    const [before, after] = [middle(tenths[1]!, name as keyof Usage), middle(tenths[9]!, name as keyof Usage)];
    if (after - before <= allowed) return [];
    const shown = (value: number): string => `${Math.round((10 * value) / unit) / 10}${called && ` ${called}`}`;
    return [`${title} grew from ${shown(before)} to ${shown(after)}, by more than ${shown(allowed)}`];
  });
  const [early, late] = [Math.min(...cost.slice(1, 4)), Math.min(...cost.slice(7))];
  const slower = late / early;
  if (speed && slower > MOST_SLOWER)
    faults.push(
      `an operation takes ${late.toPrecision(3)} µs of processor time in the end, ${slower.toFixed(2)} times that of the beginning: at most ${MOST_SLOWER} times`,
    );
  const rates = tenths.map((own, i) => {
    const from = i === 0 ? own[0]! : tenths[i - 1]!.at(-1)!;
    return (own.at(-1)!.done - from.done) / (own.at(-1)!.seconds - from.seconds);
  });
  const megabytes = (own: readonly Sample[], what: keyof Usage): string => (middle(own, what) / MEGABYTE).toFixed(1);
  return {
    table: [
      [
        "tenth",
        "a second",
        "µs of processor",
        "resident MB",
        "heap MB",
        "outside MB",
        "wasm pages",
        "threads",
        "files",
      ],
      ...tenths.map((own, i) => [
        `${i + 1}`,
        plain(rates[i]!),
        plain(cost[i]!),
        ...(["rss", "heap", "outside"] as const).map((what) => megabytes(own, what)),
        ...(["pages", "threads", "files"] as const).map((what) => `${middle(own, what)}`),
      ]),
    ],
    faults,
  };
}
