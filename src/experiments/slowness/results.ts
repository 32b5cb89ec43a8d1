/** What the records say: figures with intervals, as plain numbers. */
import type { LabelledDataset } from "../../data/dataset.ts";
import type { Figure } from "../../statistics/figure.ts";
import { meanInterval, meanTest } from "../../statistics/student.ts";
import { type ArmName, arms } from "./arms.ts";
import {
  type Decomposition,
  decompose,
  differences,
  finals,
  logSteps,
  type Metric,
  routeArms,
} from "./decomposition.ts";
import type { LayerNoise } from "./form.ts";
import { type PartName, type Plan, partNames } from "./plan.ts";
import { type BiasRecord, chosenRate, type FormRecord, type StudyRecord } from "./study.ts";
import { stepsOf } from "./train-arm.ts";
import type { Point } from "./trial.ts";

/** One arm of a part over its seeds. */
export interface ArmResult {
  readonly arm: ArmName;
  readonly name: string;
  readonly rate: number;
  /** Whether the rate is the grid's smallest or largest: a wider grid could be better. */
  readonly edge: boolean;
  /** Training NLL as the units output in training, and with p in place of decisions. */
  readonly nll: Figure;
  readonly readoutNll: Figure;
  /** Test error in per cent, of mean probabilities over the units' noise, and with p in place of decisions. */
  readonly testError: Figure;
  readonly readoutTestError: Figure;
  /** Differences from the sigmoid arm, seed by seed. */
  readonly against: { readonly nll: Figure; readonly readoutNll: Figure; readonly readoutTestError: Figure };
  /** How many times as many steps as the sigmoid arm to the best level that all arms of the part reach. */
  readonly times: Figure;
  /** Means over the seeds with t intervals, for pictures. */
  readonly curve: readonly { readonly step: number; readonly nll: Figure; readonly readout: Figure }[];
}

/** How the regulariser claim fares: differences of the binary network from the sigmoid one, with two-sided p-values. */
export interface Claim {
  readonly trainNll: Figure;
  readonly readoutTrainNll: Figure;
  readonly testError: Figure;
  readonly readoutTestError: Figure;
  readonly p: {
    readonly trainNll: number;
    readonly readoutTrainNll: number;
    readonly testError: number;
    readonly readoutTestError: number;
  };
}

/** A layer's noise at one time of the training, means over the seeds. */
export type LayerForm = { readonly [K in keyof Omit<LayerNoise, "notNormal" | "excess">]: Figure } & {
  readonly notNormal: { readonly single: Figure; readonly batch: Figure; readonly control: Figure };
  readonly excess: { readonly single: Figure; readonly batch: Figure };
};

export interface FormResult {
  readonly hidden: readonly number[];
  readonly at: readonly {
    readonly step: number;
    readonly slope: Figure;
    readonly r2: Figure;
    readonly theory?: { readonly slope: Figure; readonly r2: Figure; readonly ratio: Figure };
    readonly layers: readonly LayerForm[];
    /** Of the first seed, for pictures. */
    readonly shown: FormRecord["at"][number]["form"]["shown"];
  }[];
}

export interface Results {
  readonly plan: Plan;
  readonly data: string;
  readonly steps: Readonly<Record<PartName, number>>;
  readonly parts: Readonly<Record<PartName, readonly ArmResult[]>>;
  /** Of the small network's training NLL: as the units output, with p in place of decisions; and of log steps. */
  readonly shares: { readonly nll: Decomposition; readonly readout: Decomposition; readonly logSteps: Decomposition };
  readonly claim: Claim;
  readonly forms: readonly FormResult[];
  readonly bias: readonly { readonly step: number; readonly cosine: Figure; readonly relative: Figure }[];
}

const trainNll: Metric = ({ train }) => train.nll;
const readoutNll: Metric = ({ train }) => train.readout.nll;
const testError: Metric = ({ test }) => test!.error;
const readoutTestError: Metric = ({ test }) => test!.readout.error;

const exponential = ({ value, low, high }: Figure): Figure => ({
  value: Math.exp(value),
  low: Math.exp(low),
  high: Math.exp(high),
});

export function resultsOf(records: readonly StudyRecord[], plan: Plan, data: LabelledDataset): Results {
  const partOf = (name: PartName): ArmResult[] => {
    const part = plan.parts[name];
    const logs = logSteps(records, name, part.arms, (point) => point.readout);
    return part.arms.map((arm) => {
      const outcomes = finals(records, name, arm).map(({ outcome }) => outcome);
      const rate = chosenRate(records, name, part, arm);
      const of = (metric: Metric) => meanInterval(outcomes.map(metric));
      const against = (metric: Metric) => meanInterval(differences(records, name, arm, "sigmoid", metric));
      const base = logs("sigmoid");
      return {
        arm,
        name: arms[arm].name,
        rate,
        edge: rate === Math.min(...part.rates) || rate === Math.max(...part.rates),
        nll: of(trainNll),
        readoutNll: of(readoutNll),
        testError: of(testError),
        readoutTestError: of(readoutTestError),
        against: {
          nll: against(trainNll),
          readoutNll: against(readoutNll),
          readoutTestError: against(readoutTestError),
        },
        times: exponential(meanInterval(logs(arm).map((x, i) => x - base[i]!))),
        curve: outcomes[0]!.curve.map(({ step }, i) => ({
          step,
          nll: meanInterval(outcomes.map(({ curve }) => curve[i]!.nll)),
          readout: meanInterval(outcomes.map(({ curve }) => curve[i]!.readout)),
        })),
      };
    });
  };
  const smallValues = (metric: Metric) => (arm: ArmName) =>
    finals(records, "small", arm).map(({ outcome }) => metric(outcome));
  const difference = (metric: Metric) => differences(records, "regulariser", "k1", "sigmoid", metric);
  const byPart = <T>(f: (name: PartName) => T) =>
    Object.fromEntries(partNames.map((name) => [name, f(name)])) as Record<PartName, T>;
  const own = (point: Point) => point.nll;
  return {
    plan,
    data: `${data.name}: ${data.splitNote}`,
    steps: byPart((name) => stepsOf(plan.parts[name], data, plan.batch)),
    parts: byPart(partOf),
    shares: {
      nll: decompose(smallValues(trainNll)),
      readout: decompose(smallValues(readoutNll)),
      logSteps: decompose(logSteps(records, "small", routeArms, own)),
    },
    claim: {
      trainNll: meanInterval(difference(trainNll)),
      readoutTrainNll: meanInterval(difference(readoutNll)),
      testError: meanInterval(difference(testError)),
      readoutTestError: meanInterval(difference(readoutTestError)),
      p: {
        trainNll: meanTest(difference(trainNll)),
        readoutTrainNll: meanTest(difference(readoutNll)),
        testError: meanTest(difference(testError)),
        readoutTestError: meanTest(difference(readoutTestError)),
      },
    },
    forms: plan.form.networks.map((hidden) => formResult(records, hidden)),
    bias: biasResult(records),
  };
}

function formResult(records: readonly StudyRecord[], hidden: readonly number[]): FormResult {
  const found = records.filter((r): r is FormRecord => r.kind === "form" && r.hidden.join() === hidden.join());
  return {
    hidden,
    at: found[0]!.at.map(({ step, form }, i) => {
      const forms = found.map(({ at }) => at[i]!.form);
      const over = <T>(values: readonly T[], of: (value: T) => number) => meanInterval(values.map(of));
      return {
        step,
        slope: over(forms, ({ spread }) => spread.slope),
        r2: over(forms, ({ spread }) => spread.r2),
        ...(form.theory && {
          theory: {
            slope: over(forms, ({ theory }) => theory!.slope),
            r2: over(forms, ({ theory }) => theory!.r2),
            ratio: over(forms, ({ theory }) => theory!.ratio),
          },
        }),
        layers: form.layers.map((_, l) => {
          const layers = forms.map(({ layers }) => layers[l]!);
          return {
            perExample: over(layers, (x) => x.perExample),
            perBatch: over(layers, (x) => x.perBatch),
            againstExamples: over(layers, (x) => x.againstExamples),
            directions: over(layers, (x) => x.directions),
            correlation: over(layers, (x) => x.correlation),
            notNormal: {
              single: over(layers, (x) => x.notNormal.single),
              batch: over(layers, (x) => x.notNormal.batch),
              control: over(layers, (x) => x.notNormal.control),
            },
            excess: { single: over(layers, (x) => x.excess.single), batch: over(layers, (x) => x.excess.batch) },
          };
        }),
        shown: form.shown,
      };
    }),
  };
}

function biasResult(records: readonly StudyRecord[]): Results["bias"] {
  const found = records.filter((r): r is BiasRecord => r.kind === "bias");
  return found[0]!.at.map(({ step }, i) => ({
    step,
    cosine: meanInterval(found.map(({ at }) => at[i]!.bias.cosine)),
    relative: meanInterval(found.map(({ at }) => at[i]!.bias.relative)),
  }));
}
