import { leaves, type NdArray, type Tree } from "../../../src/graph/index.ts";
import type { Snapshot } from "../../../src/train/snapshot.ts";

/** Bytes that snapshots may take in all. */
const MOST = 64e6;

const arraysOf = ({ state, best }: Snapshot<never>): NdArray[] =>
  leaves([state, best?.params ?? []] as unknown as Tree<NdArray>).map(({ value }) => value);

/** Bytes of the snapshots: those of a best epoch are shared by all after it. */
const bytesOf = (snapshots: readonly Snapshot<never>[]): number =>
  [...new Set(snapshots.flatMap(arraysOf))].reduce((sum, { data }) => sum + data.byteLength, 0);

/** The epoch after which a snapshot was taken; 0 for that before the first step. */
const epochOf = ({ metrics }: Snapshot<never>): number => metrics.at(-1)?.epoch ?? 0;

/** Snapshots of a training, one for each epoch; where they would take too much memory, one for every second, fourth, … epoch, and the last. */
export class History {
  #kept: Snapshot<never>[] = [];
  #every = 1;
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** The epochs that there are snapshots of, in order. */
  get epochs(): number[] {
    return this.#kept.map(epochOf);
  }

  /** That of an epoch; undefined where there is none. */
  at(epoch: number): Snapshot<never> | undefined {
    return this.#kept.find((snapshot) => epochOf(snapshot) === epoch);
  }

  /** Adds one, in the place of those of its epoch and later. */
  add(snapshot: Snapshot<never>): void {
    const epoch = epochOf(snapshot);
    const before = this.#kept.filter((other) => epochOf(other) < epoch);
    const thinned = () => [...before.filter((other) => epochOf(other) % this.#every === 0), snapshot];
    this.#kept = thinned();
    while (this.#kept.length > 2 && bytesOf(this.#kept) > this.#most) {
      this.#every *= 2;
      this.#kept = thinned();
    }
    // The first weights cost little to make again.
    if (bytesOf(this.#kept) > this.#most) this.#kept = [snapshot];
  }
}
