import type * as Inference from "../../../src/inference/index.ts";
import type { Heaviside } from "../targets/target.ts";

/** What a process holds, after its garbage was collected. */
export interface Usage {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** JavaScript's own heap, in bytes. */
  readonly heap: number;
  /** Memory outside of that heap that JavaScript's objects hold, in bytes. */
  readonly outside: number;
  /** Pages of 64 KiB of all WebAssembly memories that are still reachable. */
  readonly pages: number;
  readonly threads: number;
  /** Open files and connections. */
  readonly files: number;
  /** Time on processors since the process began, of all its threads and without taking samples, in seconds. */
  readonly cpu: number;
}

/** A usage after `done` operations, `seconds` after the load began. */
export interface Sample extends Usage {
  readonly done: number;
  readonly seconds: number;
}

/** What a load has at hand: the built package and where it may write. */
export interface Setting {
  readonly heaviside: Heaviside;
  readonly inference: typeof Inference;
  /** The package as an application has it, with its command. */
  readonly pack: string;
  /** An empty folder of its own. */
  readonly folder: string;
  /** How many operations to do. */
  readonly amount: number;
  /** After how many operations `mark` is to be called. */
  readonly marks: readonly number[];
  /** Takes a sample of this process, or of the one whose usage is given. */
  mark(done: number, usage?: Usage): void;
}

/** One kind of work, done so often that a leak shows. */
export interface Load {
  readonly name: string;
  /** One line: what is done. */
  readonly about: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** Operations of a bounded and of a full run. */
  readonly amount: number;
  readonly full: number;
  /** Does the work. Throws where it can't be done, or not at the pace that it has to keep. Gives a line to print, where it has one. */
  run(setting: Setting): Promise<string | undefined>;
}
