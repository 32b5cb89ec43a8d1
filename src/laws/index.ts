import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type Axis, cells, gaussian, logistic } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import type { Draw } from "./draws.ts";
import { expectationLaws } from "./expectation.ts";
import { forwardLaws } from "./forward.ts";
import { hold, type Law, type Subject } from "./law.ts";

/** All laws, in the order in which they are checked: cheap ones first. */
export const laws: readonly Law[] = [...forwardLaws, ...expectationLaws];

/** What the laws need to know about an estimator beside its card. */
export interface LawOptions {
  /**
   * How its noise is integrated over. "threshold" (default): a uniform draw only decides whether it is below σ(a), or below 1 − σ(a).
   * "smooth": what a unit outputs or the estimate depends on the draw itself, with bends at u = σ(a) and u = 1 − σ(a) at most; a normal
   * draw bends at −a. Or a rule of your own for each draw.
   */
  readonly noise?: "threshold" | "smooth" | ((a: number, draw: Draw) => Axis);
  /** Most units of the layers that are integrated over: (default: 1 for smooth noise, otherwise 3). */
  readonly units?: 1 | 2 | 3;
  /** K, where the card counts in samples (default: 1). */
  readonly samples?: number;
  /** "all" where all K samples train the downstream network. */
  readonly live?: "one" | "all";
  /** How near an integral comes to its value (default: 1e-9). */
  readonly within?: number;
  /** How near the unit's rate and readout come to theirs (default: 1e-12). */
  readonly unitWithin?: number;
  /** Laws that it is known not to obey, by name, with the reason. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** What came of one law. */
export interface Verdict {
  /** The law's name. */
  readonly law: string;
  /** What it says, in a sentence. */
  readonly title: string;
  /** Whether it holds, is broken, or is excepted by the options. */
  readonly verdict: "holds" | "broken" | "excepted";
  /** What is wrong, or why it is excepted. */
  readonly reason?: string;
}

/** Equal shares of (0, 1): a draw that chooses one of n units, or of n places. */
const shares = (n: number): Axis => cells(Array.from({ length: n - 1 }, (_, i) => (i + 1) / n));

const threshold = (a: number, { kind, per, units }: Draw): Axis => {
  if (kind === "normal") return gaussian([-a]);
  return per === "example" ? shares(units) : cells([sigmoid(a), sigmoid(-a)]);
};
const smooth = (a: number, draw: Draw): Axis =>
  draw.kind === "uniform" && draw.per === "unit" ? logistic([a, -a]) : threshold(a, draw);

/** An estimator as the laws look at it. Throws UserError for an exception that no law is called by, and for one-hot units. */
export function subjectOf(estimator: Estimator, options: LawOptions = {}): Subject {
  const parts = [estimator?.card, estimator?.unit, estimator?.estimate].map((part) => typeof part);
  if (String(parts) !== "object,object,function")
    throw new UserError(
      `laws: an estimator has a card, a unit and a function estimate, received ${parts.join(", ")} for them`,
    );
  const { classes } = estimator.unit;
  if (classes !== undefined)
    throw new UserError(
      `laws: these are of units that decide one by one; those of ${estimator.card.name} are one-hot variables of ${classes} classes`,
    );
  const { noise = "threshold", samples = 1, live = "one", exceptions = {} } = options;
  const { within = 1e-9, unitWithin = 1e-12 } = options;
  const names = [...new Set(laws.map(({ name }) => name))];
  for (const name of Object.keys(exceptions))
    if (!names.includes(name)) throw new UserError(`laws: there is no law "${name}": they are ${names.join(", ")}`);
  const axis = typeof noise === "function" ? noise : noise === "smooth" ? smooth : threshold;
  const units = options.units ?? (noise === "smooth" ? 1 : 3);
  return { estimator, axis, units, samples, live, within, unitWithin, exceptions };
}

/**
 * Tests an estimator by every law that applies to it: its card's counts, its forward values, that it is finite where units are
 * saturated, and by integration over its noise that its mean is the gradient of the expected loss where its card says so, alone and
 * in stacks. Takes a second or so. Where a step gives no loss for each example, or numbers that aren't finite, no other law is checked.
 * @example expect(checkEstimator(mine).filter(({ verdict }) => verdict === "broken")).toEqual([]);
 */
export function checkEstimator(estimator: Estimator, options: LawOptions = {}): readonly Verdict[] {
  const subject = subjectOf(estimator, options);
  const verdicts: Verdict[] = [];
  for (const { name, title, check, applies, first } of laws) {
    if (!(applies?.(subject) ?? true)) continue;
    const about = { law: name, title: title(subject) };
    const excepted = subject.exceptions[name];
    if (excepted !== undefined) {
      verdicts.push({ ...about, verdict: "excepted", reason: excepted });
      continue;
    }
    try {
      check(subject);
      verdicts.push({ ...about, verdict: "holds" });
    } catch (error) {
      verdicts.push({ ...about, verdict: "broken", reason: (error as Error).message });
      if (first) break;
    }
  }
  return verdicts;
}

/** The same for any test runner: Throws an Error that lists the laws that are broken, and why. */
export function assertLaws(estimator: Estimator, options: LawOptions = {}): void {
  const broken = checkEstimator(estimator, options).filter(({ verdict }) => verdict === "broken");
  hold(
    broken.length === 0,
    () =>
      `${estimator.card.name} breaks ${broken.length} of the laws:\n${broken.map(({ law, title, reason }) => `  ${law}: ${title}: ${reason}`).join("\n")}`,
  );
}

export { type Axis, cells, gaussian, logistic } from "../statistics/quadrature.ts";
export type { Draw } from "./draws.ts";
export { type Estimated, expectedEstimate, expectedLosses, type Layer, type Network, trueGradient } from "./exact.ts";
