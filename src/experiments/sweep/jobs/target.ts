import type { SweepPlan } from "../plan.ts";

/** What job files are made of. */
export interface JobSettings {
  readonly plan: SweepPlan;
  /** The sweep's name, as hosts, jobs and volumes may be called. */
  readonly label: string;
  /** The sweep's file from the project's folder, such as `./rates.mjs`. */
  readonly file: string;
  /** The folder in which the command was given: the project that has heaviside installed. */
  readonly project: string;
  /** The folder of these files, as it was typed. */
  readonly to: string;
  /** The folder of the results, from the project's. */
  readonly out: string;
  /** Parts of the sweep that run beside each other. */
  readonly shards: number;
  /** Workers that serve the queue. */
  readonly workers: number;
  /** Processors of each shard or worker, with a trial each. */
  readonly cpus: number;
  /** The container's image. */
  readonly image: string;
  /** Options of the sweep and of its workers, as words: where they run and how. */
  readonly options: SweepWords;
}

/** Words of options, for each of the commands that have them. */
export interface SweepWords {
  /** Of the sweep. */
  readonly sweep: readonly string[];
  /** Of a worker of a queue. */
  readonly worker: readonly string[];
}

/** A kind of cluster. */
export interface JobTarget {
  readonly title: string;
  /** Whether trials go through Redis to workers; otherwise each job runs a shard. */
  readonly queued: boolean;
  /** Whether jobs run in containers, whose image has the sweep's file; otherwise in the project's folder. */
  readonly contained: boolean;
  /** Whether results lie on a volume of the cluster; otherwise in a folder of this machine. */
  readonly volume: boolean;
  /** Texts by file name. */
  files(settings: JobSettings): { readonly [name: string]: string };
  /** The commands that use the files, in order. */
  commands(settings: JobSettings): readonly string[];
}
