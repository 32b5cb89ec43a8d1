import { renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Measurement, Series } from "./measure.ts";
import { spread, timesAsFast } from "./statistics.ts";
import { workloadOf } from "./workloads/index.ts";

/** One line of the results file. */
export interface Row {
  workload: string;
  engine: string;
  threads: number;
  /** The median over the rounds. */
  value: number;
  unit: string;
  min: number;
  max: number;
  rounds: number;
  /** The part of the ceiling of as many threads, measured in the same rounds: 1 is all of it. */
  ofCeiling?: number;
  /** How many times as fast as each peer. */
  timesAsFast?: Record<string, number>;
  /** Cores that other processes kept busy in the worst round. */
  othersBusy?: number;
  machine?: Machine;
}

export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  platform: string;
  date: string;
  /** The backend's instruction set and version, as the engine says it. */
  note?: string;
}

/** Rows of our own engine carry the ratios to the peers. */
export const OWN = "heaviside";

export function rowsOf({ task, series, ceilings, others }: Measurement): Row[] {
  const { better, unit, name, size } = workloadOf(task);
  const peers = series.filter((peer) => peer.name !== OWN);
  const row = ({ name: engine, threads, values }: Series): Row => {
    const { min, median, max } = spread(values);
    const made: Row = {
      workload: `${name(task)} ${size(task)}`,
      engine,
      threads,
      value: median,
      unit: unit(task),
      min,
      max,
      rounds: values.length,
    };
    if (others.length > 0) made.othersBusy = Math.round(Math.max(...others) * 100) / 100;
    return made;
  };
  const contested = series.map((each) => {
    const made = row(each);
    const ceiling = ceilings.find(({ threads }) => threads === each.threads);
    if (ceiling) made.ofCeiling = timesAsFast(each.values, ceiling.values, better);
    if (each.name === OWN && peers.length > 0) {
      made.timesAsFast = Object.fromEntries(
        peers.map((peer) => [peer.name, timesAsFast(each.values, peer.values, better)]),
      );
    }
    return made;
  });
  return [...contested, ...ceilings.map(row)];
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString(),
  };
}

/** All of the file or none of it. */
export function writeRows(file: string, rows: readonly Row[]): void {
  const partial = `${file}.${process.pid}.partial`;
  try {
    writeFileSync(partial, `${JSON.stringify(rows, null, 2)}\n`);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}
