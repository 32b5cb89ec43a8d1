// What is read of a run's lines, config and result, which can be of any network.

/** Metrics by name. */
export type Scores = Readonly<Record<string, number>>;
/** Scores by readout. */
export interface Readouts {
  readonly deterministic?: Scores;
  readonly stochastic?: Scores;
}
/** A validation: a line of metrics.jsonl. */
export interface Validation {
  readonly epoch: number;
  readonly step: number;
  readonly seconds: number | undefined;
  readonly examplesPerSecond: number | undefined;
  readonly train: Scores;
  readonly valid: Readouts;
  readonly test: Readouts;
  /** What was warned of since the one before, in sentences. */
  readonly warnings: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
const recordOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

function scoresOf(value: unknown): Scores {
  const found: Record<string, number> = {};
  for (const [name, inner] of Object.entries(recordOf(value))) {
    const number = numberOf(inner);
    if (number !== undefined) found[name] = number;
  }
  return found;
}

const messagesOf = (warnings: unknown): string[] =>
  (Array.isArray(warnings) ? warnings : []).flatMap((warning) => {
    const { message } = recordOf(warning);
    return typeof message === "string" ? [message] : [];
  });

/** Scores by readout; a head that scores samples alone has one. */
export function readoutsOf(value: unknown): Readouts {
  const { deterministic, stochastic } = recordOf(value);
  return {
    ...(deterministic !== undefined && { deterministic: scoresOf(deterministic) }),
    ...(stochastic !== undefined && { stochastic: scoresOf(stochastic) }),
  };
}

/** The scores that a run is selected by: the deterministic readout's, where there is one. */
export const firstOf = ({ deterministic, stochastic }: Readouts): Scores => deterministic ?? stochastic ?? {};

/** What a line says; undefined for one that says nothing of an epoch. */
export function validationOf(value: unknown): Validation | undefined {
  const { epoch, step, seconds, examplesPerSecond, train, valid, test, warnings } = recordOf(value);
  const [whole, at] = [numberOf(epoch), numberOf(step)];
  if (whole === undefined || at === undefined) return undefined;
  return {
    ...{ epoch: whole, step: at, seconds: numberOf(seconds), examplesPerSecond: numberOf(examplesPerSecond) },
    ...{ train: scoresOf(train), valid: readoutsOf(valid), test: readoutsOf(test), warnings: messagesOf(warnings) },
  };
}

/** The test scores of a result; empty before the end. */
export const testedOf = (result: unknown): Readouts => readoutsOf(recordOf(result).test);

/** Epochs of the whole training, where the config says so. */
export const epochsOf = (config: unknown): number | undefined => numberOf(recordOf(recordOf(config).training).epochs);

/** Steps of the whole training; undefined where nothing says how long an epoch is. */
export function stepsOf(config: unknown, lines: readonly Validation[]): number | undefined {
  const epochs = epochsOf(config);
  // A validation within an epoch is at fewer steps than its epoch has.
  const inEpoch = Math.max(...lines.filter(({ epoch }) => epoch > 0).map(({ epoch, step }) => step / epoch));
  return epochs === undefined || !Number.isFinite(inEpoch) ? undefined : Math.round(epochs * inEpoch);
}

/** Seconds until the training ends, at the pace so far. */
export function secondsLeft(config: unknown, lines: readonly Validation[]): number | undefined {
  const [last, steps] = [lines.at(-1), stepsOf(config, lines)];
  if (last?.seconds === undefined || steps === undefined || last.step === 0) return undefined;
  return (last.seconds / last.step) * Math.max(0, steps - last.step);
}

/** Metrics in words, for axes and tables. */
export const metricTitle = (name: string): string =>
  ({
    nll: "negative log-likelihood, nats",
    error: "error, %",
    mse: "mean squared error",
    rmse: "root mean squared error",
  })[name] ?? name;

/** Seconds as a clock shows them. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${whole % 60}`.padStart(2, "0");
  return hours > 0 ? `${hours}:${`${minutes}`.padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** The same in a table's head. */
export const metricHead = (name: string): string => (name === "nll" ? "NLL, nats" : metricTitle(name));

/** Decimals of a metric. */
export const decimalsOf = (name: string): number => (name === "error" ? 2 : 4);

/** Names of runs without the folders that all of them are in. */
export function shortNames(names: readonly string[]): string[] {
  if (names.length < 2) return [...names];
  const parts = names.map((name) => name.split(/[\\/]/));
  const most = Math.min(...parts.map(({ length }) => length)) - 1;
  let same = 0;
  while (same < most && parts.every((of) => of[same] === parts[0]![same])) same++;
  return parts.map((of) => of.slice(same).join("/"));
}
