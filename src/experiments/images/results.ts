import type { Figure } from "../../statistics/figure.ts";
import { bySeed, paired } from "../../statistics/paired.ts";
import { meanInterval } from "../../statistics/student.ts";
import type { Arm, ImagesPlan } from "./plan.ts";
import type { ArmSpeed } from "./speed.ts";

/** A training that is done. Errors are in per cent. */
export interface ImagesRecord {
  readonly data: string;
  readonly arm: Arm;
  readonly seed: number;
  readonly epoch: number;
  readonly valid: number;
  /** Of the deterministic readout, and of units that sample. */
  readonly test: number;
  readonly sampled: number;
  /** Where its deterministic readout has moments of its own: the test error with those of units that sample in their place. */
  readonly running?: number | undefined;
  /** Of the whole training. */
  readonly seconds: number;
}

/** How fast the networks of a data set are beside each other. */
export interface SpeedRecord {
  readonly data: string;
  readonly speeds: readonly ArmSpeed[];
}

/** An arm on one data set, seeds in order. */
export interface ArmResult {
  readonly data: string;
  readonly arm: Arm;
  readonly test: readonly number[];
  readonly sampled: readonly number[];
  readonly running?: readonly number[] | undefined;
  readonly mean: number;
  /** Milliseconds of a batch, in training and to read it, and how many times as fast as the first arm of the same data set that is. */
  readonly step: number;
  readonly forward: number;
  readonly timesAsFast: readonly [step: number, forward: number];
  /** Its test errors minus those of the first arm of the same data set, seed by seed. */
  readonly against?: Figure;
}

export interface ImagesResults {
  readonly plan: ImagesPlan;
  readonly arms: readonly ArmResult[];
}

const testOf = ({ test }: ImagesRecord): number => test;
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the trainings say. */
export function resultsOf(records: readonly (ImagesRecord | SpeedRecord)[], plan: ImagesPlan): ImagesResults {
  const of = (data: string, arm: Arm): ImagesRecord[] =>
    records
      .filter((r): r is ImagesRecord => "arm" in r && r.data === data && r.arm === arm)
      .sort((a, b) => a.seed - b.seed);
  const speed = (data: string, arm: Arm): ArmSpeed =>
    records.flatMap((r) => ("speeds" in r && r.data === data ? r.speeds : [])).find((r) => r.arm === arm)!;
  const arms = plan.data.flatMap((data) =>
    plan.arms.map((arm, i): ArmResult => {
      const own = of(data, arm);
      const first = of(data, plan.arms[0]!);
      const test = own.map((r) => r.test);
      const running = own.flatMap((r) => r.running ?? []);
      return {
        ...{ data, arm, test, sampled: own.map((r) => r.sampled), mean: meanOf(test) },
        ...(running.length > 0 && { running }),
        ...{ step: speed(data, arm).step, forward: speed(data, arm).forward },
        timesAsFast: [
          speed(data, plan.arms[0]!).step / speed(data, arm).step,
          speed(data, plan.arms[0]!).forward / speed(data, arm).forward,
        ],
        ...(i > 0 && { against: meanInterval(paired(bySeed(own, testOf), bySeed(first, testOf))) }),
      };
    }),
  );
  return { plan, arms };
}
