import { findings } from "virtual:slowness";
import type { ArmName } from "../../src/experiments/slowness/arms.ts";
import type { Reason } from "../../src/experiments/slowness/decomposition.ts";
import type { Figure } from "../../src/statistics/figure.ts";

/** One network of the experiment, over its seeds. */
export interface PageArm {
  readonly arm: ArmName;
  readonly name: string;
  /** What its neurons output, and what is done to their gradient. */
  readonly what: string;
  /** Of learning, which it chose. */
  readonly rate: number;
  /** The reasons that are on. */
  readonly reasons: readonly Reason[];
  /** Training loss at the end, as the neurons output in training, and with p in place of decisions. */
  readonly sampled: Figure;
  readonly read: Figure;
  /** The same along the way, in thousandths: a value and half of its interval for each of the findings' `at`. */
  readonly sampledCurve: readonly number[];
  readonly readCurve: readonly number[];
}

/** What the page says of the experiment. It is made of the committed results when the page is built. */
export interface PageFindings {
  readonly plan: {
    readonly hidden: readonly number[];
    readonly seeds: number;
    readonly batch: number;
    readonly steps: number;
  };
  /** Steps at which the curves have points. */
  readonly at: readonly number[];
  readonly arms: readonly PageArm[];
  /** Binary minus sigmoid, of the training loss; and with p in place of decisions. */
  readonly gap: Figure;
  readonly readGap: Figure;
  /** How many times as many steps binary neurons take. */
  readonly times: Figure;
  readonly shares: readonly { readonly reason: Reason; readonly share: Figure }[];
  /** The first of the shares ("about three quarters"), and `times` ("about three times as many"). */
  readonly inWords: { readonly share: string; readonly times: string };
  /** The answer in words. */
  readonly brief: string;
  /** The large network's training loss above that of sigmoid neurons. */
  readonly large: readonly {
    readonly name: string;
    readonly sampled: Figure;
    readonly read: Figure;
  }[];
}

export { findings };
