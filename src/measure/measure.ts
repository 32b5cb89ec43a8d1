import type { Backend } from "../backends/backend.ts";
import { borrowBackend } from "../backends/select.ts";
import { type StopSignal, UserError } from "../errors.ts";
import { type Estimator, type EstimatorConfig, estimatorFor } from "../estimators/index.ts";
import { checkNumber } from "../rules.ts";
import { type Figure, root } from "../statistics/figure.ts";
import { figure, GROUPS, jackknife } from "../statistics/jackknife.ts";
import { meanRow } from "../statistics/sample.ts";
import { type Candidate, candidatesFor, type Skipped } from "./applicable.ts";
import { certaintyOf } from "./certainty.ts";
import type { Problem } from "./problem.ts";
import { passesOf, type Replicates, replicates, warmed } from "./replicates.ts";
import { type Row, rowOf } from "./row.ts";
import { interleaved, timedStep } from "./timing.ts";
import { canEnumerate, exactGradient } from "./truth.ts";

/** Where a measurement stands. */
export interface MeasureProgress {
  /** What is being done. */
  readonly stage: "truth" | "timing" | "warming up" | "estimates";
  /** The estimator at work; "" while all are timed. */
  readonly estimator: string;
  /** Estimators that are done, or rounds of timing, or steps of warming up. */
  readonly done: number;
  /** How many there are in all. */
  readonly of: number;
  /** Estimates of the gradient so far, in all. */
  readonly replicates: number;
}

/** Which estimators are measured, how precisely and for how long. */
export interface MeasureOptions {
  /** Names, names with options, or estimators of your own (default: all of the table that apply). */
  readonly estimators?: readonly (EstimatorConfig | Estimator)[] | undefined;
  /** Default: the current backend; where none was started, the fastest, for this call alone. */
  readonly backend?: Backend | undefined;
  /** Decides the noise (default: 1). */
  readonly seed?: number | undefined;
  /**
   * An estimator is done when the 95 % interval of its variance is within ± this share, and the error of its mean below this share
   * of the gradient (default: 0.02).
   */
  readonly precision?: number | undefined;
  /** … or when its part of these seconds is used up (default: 30). */
  readonly seconds?: number | undefined;
  /** So many estimates each, rounded up to a whole number of groups, whatever the precision and the seconds. */
  readonly replicates?: number | undefined;
  /** Steps that estimators with averages or learned parts are given before, with the network held (default: 500). */
  readonly warmup?: number | undefined;
  /** Rows that are known already, as from a measurement that was stopped: they are taken as they are. */
  readonly known?: readonly Row[] | undefined;
  /** Stops the measurement; then it rejects with the signal's reason. */
  readonly signal?: StopSignal | undefined;
  /** Called several times a second. */
  readonly onProgress?: ((progress: MeasureProgress) => void) | undefined;
  /** Called when an estimator is done. */
  readonly onRow?: ((row: Row) => void | Promise<void>) | undefined;
}

/** The true gradient, or what stands for it. */
export interface Truth {
  /** How it was computed: by a formula, by enumeration, or as a mean of many estimates. */
  readonly kind: "closed form" | "enumeration" | "reference";
  /** ‖g‖ */
  readonly norm: Figure;
  /** Standard error of the reference as a share of ‖g‖; 0 where the gradient is exact. */
  readonly relativeError: number;
  /** Estimates that the reference is the mean of. */
  readonly replicates: number;
}

/** Bias, variance and cost of each estimator on one problem. */
export interface Measurement {
  /** The problem's name, its B examples and its H units. */
  readonly problem: { readonly name: string; readonly examples: number; readonly units: number };
  /** The true gradient that estimates are compared with. */
  readonly truth: Truth;
  /** In the order of the estimators. */
  readonly rows: readonly Row[];
  /** Estimators that do not apply, and why. */
  readonly skipped: readonly Skipped[];
}

/** What the long-run reference is made with, beyond what can be enumerated. */
const referenceFor = ({ classes }: Problem): Estimator =>
  estimatorFor(
    classes === undefined ? "local-expectation" : { name: "categorical-leave-one-out", samples: 8, classes },
  );
/** Timers and signals have their turn this often. */
const BREATH_MS = 20;
/** The reference is done when its error is this share of the gradient's norm, or it has had this share of the seconds. */
const REFERENCE_ERROR = 0.005;
const REFERENCE_SHARE = 0.4;
/** Its noise is that of another seed: seeds of measurements are below. */
const REFERENCE_SEED = 2 ** 32;

/**
 * Measures gradient estimators on one layer of binary units: bias against the true gradient, variance, cost, and how sure that is.
 * Estimators are given the same noise. Throws UserError for an option that isn't as it must be, an estimator that doesn't exist and
 * where none applies; rejects with the signal's reason when it is aborted.
 */
export async function measureProblem(problem: Problem, options: MeasureOptions = {}): Promise<Measurement> {
  const checked = resolve(options);
  const { backend, end } = await borrowBackend(options.backend);
  try {
    return await measureOn(problem, options, { ...checked, backend });
  } finally {
    await end();
  }
}

async function measureOn(problem: Problem, options: MeasureOptions, settings: Settings): Promise<Measurement> {
  const { backend, seed, known, signal, seconds } = settings;
  const { candidates, skipped } = candidatesFor(options.estimators, problem.units, problem.classes);
  const todo = candidates.filter(({ label }) => !known.some((row) => row.estimator === label));
  let total = 0;
  let breath = Number.NEGATIVE_INFINITY;
  /** Says where the measurement stands, and lets timers and signals have their turn. */
  const at = async (stage: MeasureProgress["stage"], estimator: string, done: number, of: number): Promise<void> => {
    options.onProgress?.({ stage, estimator, done, of, replicates: total });
    signal?.throwIfAborted();
    if (performance.now() - breath < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    breath = performance.now();
    signal?.throwIfAborted();
  };
  let left = seconds;
  const spending = async <T>(work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    left -= (performance.now() - start) / 1000;
    return result;
  };

  const { truth, vectors } = await spending(() =>
    truthOf(problem, settings, (count) => {
      total += count * GROUPS;
      return at("truth", referenceFor(problem).card.name, 0, 1);
    }),
  );

  const times = await interleaved(
    todo.map(({ estimator }) => timedStep(problem, estimator, { backend, seed })),
    (done, of) => at("timing", "", done, of),
  );

  const rows: Row[] = [];
  for (const candidate of candidates) {
    const before = known.find((row) => row.estimator === candidate.label);
    if (before) {
      rows.push(before);
      continue;
    }
    const i = todo.indexOf(candidate);
    const given = { ...settings, seconds: Math.max(0, left) / (todo.length - i) };
    const row = await spending(() =>
      measureOne(problem, candidate, {
        truth: vectors,
        time: times[i]!,
        settings: given,
        onWarm: (step) => at("warming up", candidate.label, step, settings.warmup),
        onSweep: (count) => {
          total += count * GROUPS;
          return at("estimates", candidate.label, i, todo.length);
        },
      }),
    );
    rows.push(row);
    await options.onRow?.(row);
  }
  const { name, examples, units } = problem;
  return { problem: { name, examples, units }, truth, rows, skipped };
}

type Settings = ReturnType<typeof resolve> & { readonly backend: Backend };

function resolve(options: MeasureOptions) {
  const { seed = 1, precision = 0.02, seconds = 30, warmup = 500, known = [] } = options;
  checkNumber("measure: seed", seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  checkNumber("measure: precision", precision, { above: 0 });
  checkNumber("measure: seconds", seconds, { above: 0 });
  checkNumber("measure: warmup", warmup, { whole: true, atLeast: 0 });
  if (options.replicates !== undefined)
    checkNumber("measure: replicates", options.replicates, { whole: true, atLeast: 2 * GROUPS });
  return { seed, precision, seconds, warmup, known, replicates: options.replicates, signal: options.signal };
}

/** Sweeps until `done` says so, the count that is asked for is there, or the seconds are over. */
async function collect(
  estimates: Replicates,
  { replicates: wanted, seconds }: Pick<Settings, "replicates" | "seconds">,
  done: () => boolean,
  onSweep: (count: number) => Promise<void>,
): Promise<void> {
  const start = performance.now();
  for (let checkAt = 1, sweeps = 1; ; sweeps++) {
    await onSweep(estimates.sweep());
    if (estimates.size < 2) continue; // no variance yet
    if (wanted !== undefined) {
      if (estimates.size * GROUPS >= wanted) return;
      continue;
    }
    const over = performance.now() - start > 1000 * seconds;
    if (over) return;
    if (sweeps < checkAt) continue;
    checkAt = Math.ceil(sweeps * 1.3);
    if (done()) return;
  }
}

async function truthOf(
  problem: Problem,
  settings: Settings,
  onSweep: (count: number) => Promise<void>,
): Promise<{ truth: Truth; vectors: readonly Float64Array[] }> {
  const { backend, seed } = settings;
  if (problem.gradient || canEnumerate(problem)) {
    const gradient = exactGradient(problem, { backend });
    const norm = Math.sqrt(gradient.reduce((t, x) => t + x * x, 0));
    if (norm === 0) throw new UserError(`measure: the true gradient is 0, nothing can be measured against it`);
    const kind = problem.gradient ? "closed form" : "enumeration";
    return {
      truth: { kind, norm: { value: norm, low: norm, high: norm }, relativeError: 0, replicates: 0 },
      vectors: [gradient],
    };
  }
  const estimator = referenceFor(problem);
  const estimates = replicates(problem, estimator, {
    backend,
    seed: seed + REFERENCE_SEED,
    passes: passesOf(problem, estimator),
  });
  const moments = () => jackknife(estimates.groups(), [new Float64Array(problem.examples * problem.units)]);
  const error = (): number => {
    const { mm, variance } = moments().all;
    return Math.sqrt(variance / (estimates.size * GROUPS) / mm);
  };
  const limits = { replicates: undefined, seconds: settings.seconds * REFERENCE_SHARE };
  await collect(estimates, limits, () => error() < REFERENCE_ERROR, onSweep);
  const norm = root(figure(moments(), ({ mm }) => mm));
  if (!(norm.low > 0))
    throw new UserError(
      `measure: the reference's error is as large as the gradient after ${estimates.size * GROUPS} estimates: give it more seconds`,
    );
  return {
    truth: { kind: "reference", norm, relativeError: error(), replicates: estimates.size * GROUPS },
    vectors: estimates.groups().map(({ mean }) => mean),
  };
}

async function measureOne(
  problem: Problem,
  candidate: Candidate,
  given: {
    readonly truth: readonly Float64Array[];
    readonly time: Figure;
    readonly settings: Settings;
    readonly onWarm: (step: number) => Promise<void>;
    readonly onSweep: (count: number) => Promise<void>;
  },
): Promise<Row> {
  const { truth, time, settings, onWarm, onSweep } = given;
  const { backend, seed, precision, warmup } = settings;
  const { estimator } = candidate;
  const state = await warmed(problem, estimator, { backend, seed, steps: warmup, onStep: onWarm });
  const passes = passesOf(problem, estimator);
  const estimates = replicates(problem, estimator, { backend, seed, state, passes });
  const precise = (): boolean => {
    const jack = jackknife(estimates.groups(), truth);
    const { value, low, high } = figure(jack, (m) => m.variance);
    const error = Math.sqrt(value / (estimates.size * GROUPS) / jack.all.gg);
    return error <= precision && (high - low) / 2 <= precision * value;
  };
  await collect(estimates, settings, precise, onSweep);
  const count = estimates.size * GROUPS;
  const { testable, allowance } = certaintyOf(problem, meanRow(truth), count);
  return rowOf(candidate, {
    jackknife: jackknife(estimates.groups(), truth, testable),
    allowance,
    replicates: count,
    warmup: state === undefined ? 0 : warmup,
    passes,
    seconds: time,
  });
}
