import { renameSync, rmSync, writeFileSync } from "node:fs";
import { BUSY } from "../src/measure/load.ts";
import type { Machine } from "./machine.ts";
import type { Measurement, Series } from "./measure.ts";
import { type Spread, spread, timesAsFast } from "./statistics.ts";
import { workloadOf } from "./workloads/index.ts";

/** How many times as fast as one peer, from the ratios within each round. */
export interface Ratio extends Spread {
  engine: string;
  threads: number;
}

/** What an instruction of a compiled step has to do, and what it can't be faster than. */
export interface InstructionRow {
  /** Its place in the step, from 0 on. */
  number: number;
  /** Its line of the plan. */
  text: string;
  /** The ops that it carries out. */
  computes: string;
  multiplyAdds: number;
  steps: number;
  bytes: number;
  footprint: number;
  /** Whether gates may have made it less work than that. */
  isAtMost: boolean;
  /** In microseconds, by the limits of the same rounds. */
  bound: number;
  /** What bounds it: arithmetic, or the cache or memory that holds its arrays. */
  by: string;
  /** Whether the calling thread does it alone; left out where it isn't known. */
  alone?: boolean;
  /** In how many chunks threads share its two phases; left out where it isn't known. */
  chunks?: readonly [first: number, second: number];
}

/** Where numbers lay that were moved, and by which loop. */
export interface LevelRow {
  name: string;
  /** Of one of them; left out for the memory. */
  bytes?: number;
  /** Processors that share one; left out for the memory. */
  sharedBy?: number;
  loop: string;
}

/** One line of the results file: all that is known of one engine on one workload. */
export interface Row {
  workload: string;
  engine: string;
  threads: number;
  /** The median over the rounds. */
  value: number;
  unit: string;
  min: number;
  max: number;
  /** One a round, in order. */
  values: number[];
  /** Cores that other processes kept busy, one a round; left out where the system doesn't tell. */
  others?: number[];
  /** How many of the rounds others disturbed. */
  disturbed?: number;
  /** The part of the ceiling of as many threads, measured in the same rounds: 1 is all of it. */
  ofCeiling?: number;
  /** On rows of our own. */
  timesAsFast?: Ratio[];
  /** Of the work really done, where a run's FLOP are known. */
  gflops?: number;
  /** What was worked out, as data. */
  task?: Readonly<Record<string, number | string>>;
  /** Of a row that is one instruction of a step. */
  instruction?: InstructionRow;
  /** Of a row that is a limit of moving numbers. */
  level?: LevelRow;
  /** Version, instruction set, settings: as the engine says it. */
  note: string;
}

/** What all rows of a run share. */
export interface Run {
  /** The command that repeats it. */
  command: string;
  date: string;
  machine: Machine;
}

const rounded = (value: number): number => Number(value.toPrecision(5));

export function rowsOf({ task, series, ceilings, others }: Measurement): Row[] {
  const { better, unit, name, size } = workloadOf(task);
  const load = others.length > 0 && {
    others: others.map((cores) => Math.round(cores * 1000) / 1000),
    disturbed: others.filter((cores) => cores > BUSY).length,
  };
  const row = (each: Series): Row => {
    const { min, median, max } = spread(each.values);
    const made: Row = {
      workload: `${name(task)} ${size(task)}`,
      engine: each.name,
      threads: each.threads,
      value: rounded(median),
      unit: unit(task),
      min: rounded(min),
      max: rounded(max),
      values: each.values.map(rounded),
      ...load,
      note: each.note,
    };
    const ceiling = ceilingOf(each, ceilings);
    if (ceiling) made.ofCeiling = rounded(timesAsFast(each.values, ceiling.values, better).median);
    const rivals = each.role === "own" ? rivalsOf(each, series) : [];
    if (rivals.length > 0) {
      made.timesAsFast = rivals.map((peer) => {
        const ratio = timesAsFast(each.values, peer.values, better);
        return {
          ...{ engine: peer.name, threads: peer.threads },
          ...{ min: rounded(ratio.min), median: rounded(ratio.median), max: rounded(ratio.max) },
        };
      });
    }
    return made;
  };
  return [...series.map(row), ...ceilings.map(row)];
}

/** The limit of as many threads: the memory's where the workload moves floats, else the one of the engine's vectors. */
function ceilingOf({ role, threads, ceiling }: Series, ceilings: readonly Series[]): Series | undefined {
  if (role === "ceiling") return undefined;
  return ceilings.find((each) => each.threads === threads && (each.ceiling === "memory" || each.ceiling === ceiling));
}

/**
 * Who a series is compared with: of every peer the one with as many threads, or else with the most that it ran on
 * below that. One that ran only on more threads is no match.
 */
function rivalsOf(own: Series, series: readonly Series[]): Series[] {
  const peers = series.filter(({ role, threads }) => role === "peer" && threads <= own.threads);
  const names = [...new Set(peers.map(({ name }) => name))];
  return names.map((name) =>
    peers.filter((peer) => peer.name === name).reduce((best, peer) => (peer.threads > best.threads ? peer : best)),
  );
}

/** All of the file or none of it: an array with a line for each row. Every row holds its whole run. */
export function writeRows(file: string, run: Run, rows: readonly Row[]): void {
  const partial = `${file}.${process.pid}.partial`;
  try {
    const lines = rows.map((row) => JSON.stringify({ ...row, ...run }));
    writeFileSync(partial, `[\n${lines.join(",\n")}\n]\n`);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}
