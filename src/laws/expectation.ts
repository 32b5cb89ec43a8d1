/** Laws about means over the noise, by quadrature: what is unbiased is so to rounding, not on average over runs. */
import type { Estimator } from "../estimators/estimator.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";
import { add, evaluate, mul, square, stopGradient, sum, type Tensor } from "../graph/index.ts";
import {
  type Estimated,
  expectedEstimate,
  expectedEstimates,
  matrix,
  type Network,
  trueGradient,
  trueGradients,
} from "./exact.ts";
import { A, plain } from "./forward.ts";
import { close, differences, hold, isAboutTheLoss, type Law, type Subject, shared } from "./law.ts";
import { behind, companion, furtherLayers, oneLayer, stack } from "./networks.ts";
import { step } from "./step.ts";

/** The estimate that only outputs the unit's sample on. */
const sampling =
  ({ estimator: { unit } }: Subject): Estimator["estimate"] =>
  (a, k, downstream, state) => ({ loss: downstream(unit.sample(a, k)), state });
const sampled = (subject: Subject) => ({
  ...subject,
  estimator: { ...subject.estimator, estimate: sampling(subject) },
});

const POINTS = [-9.5, -3.1, -0.4, 0.6, 2.3, 8.5];

/** E[h] and P(h ≠ 0) of one unit at each of POINTS, by quadrature over its noise. */
function moments(subject: Subject): { mean: number[]; rate: number[] } {
  const of = (loss: Network["loss"]) =>
    expectedEstimates(
      { layers: [sampled(subject)], weights: [[[1]]], biases: [[0], [0]], loss },
      POINTS.map((a) => [[a], [0]]),
    ).map((estimated) => estimated.loss);
  return { mean: of((h) => sum(h, 1)), rate: of((h) => sum(h.notEqual(0), 1)) };
}

/** What the estimator says in one layer, and what is true. */
const ofOneLayer = (subject: Subject): Estimated =>
  shared(subject, "estimate", () => expectedEstimate(oneLayer(subject, subject.units)));
const truthOfOneLayer = (subject: Subject): number[][] =>
  shared(subject, "truth", () => trueGradient(oneLayer(subject, subject.units)));

/** How near a mean comes to its gradient where units are nearly certain, against the accuracy of the integrals. */
const RELATIVE = 1000;
const ABSOLUTE = 100;
/** A gradient below this share of the tolerance is 0. */
const TINY = 1e-6;

/** How the mean differs from the gradient in layers of other widths, and of units that are nearly certain. */
const furtherDifferences = (subject: Subject): string[] =>
  furtherLayers(subject).flatMap(({ network, settings }) => {
    const [estimates, truths] = [expectedEstimates(network, settings), trueGradients(network, settings)];
    // Gradients of 1e-4 and less are held to a share of themselves. That takes a truth without rounding, which binary units have.
    const exact = subject.estimator.unit === bernoulli;
    const within = (wanted: number, layer: number): number =>
      subject.within * (layer > 0 || !exact ? ABSOLUTE : Math.min(1, RELATIVE * Math.abs(wanted)) + TINY);
    return settings.flatMap(([a], s) =>
      differences(estimates[s]!.mean, truths[s]!, within).map((text) => `at a = ${a!.join(", ")}: ${text}`),
    );
  });

const momentsOf = (subject: Subject) => shared(subject, "moments", () => moments(subject));
const atPoints = (f: (a: Tensor) => Tensor): number[] =>
  evaluate([f(matrix([POINTS]))]).flatMap(({ data }) => [...data]);

const norm = (x: readonly number[]): number => Math.hypot(...x);

export const expectationLaws: readonly Law[] = [
  {
    name: "constant",
    title: () => "a loss that ignores the units gives no gradient, sample by sample or on average as the card says",
    check(subject) {
      const network = {
        ...oneLayer(subject, subject.units),
        loss: (y: Tensor) => add(mul(sum(stopGradient(y), 1), 0), 3),
      };
      const { mean, square: second } = expectedEstimate(network);
      close([mean[0]!], [mean[0]!.map(() => 0)], Math.max(1e-12, subject.within / 100));
      if (!subject.estimator.card.readsLoss) close([second[0]!], [second[0]!.map(() => 0)], Number.MIN_VALUE);
    },
  },
  {
    name: "expected-loss",
    title: () => "the expected loss is that of the units' samples",
    applies: isAboutTheLoss,
    check(subject) {
      const { loss } = expectedEstimate(oneLayer(sampled(subject), subject.units));
      close([[ofOneLayer(subject).loss]], [[loss]], subject.within / 100);
    },
  },
  {
    name: "rate",
    title: () => "its rate is the probability that it isn't 0",
    applies: ({ estimator: { unit } }) => unit.rate !== undefined,
    check(subject) {
      close([atPoints(subject.estimator.unit.rate!)], [momentsOf(subject).rate], subject.unitWithin);
    },
  },
  {
    name: "readout",
    title: () => "its readout is the mean of what it outputs",
    check(subject) {
      close([atPoints(subject.estimator.unit.readout)], [momentsOf(subject).mean], subject.unitWithin);
    },
  },
  {
    name: "rest",
    title: () => "the downstream network gets the gradient of the expected loss",
    applies: isAboutTheLoss,
    check(subject) {
      close(ofOneLayer(subject).mean.slice(1), truthOfOneLayer(subject).slice(1), subject.within);
    },
  },
  {
    name: "bias",
    title: ({ estimator: { card } }) =>
      card.unbiased === true
        ? "its mean over the noise is the gradient of the expected loss"
        : card.unbiased
          ? "its mean over the noise is the gradient of the expected loss but for a positive factor, as its card says"
          : "biased, as its card says",
    applies: isAboutTheLoss,
    check(subject) {
      const [{ mean }, truth] = [ofOneLayer(subject), truthOfOneLayer(subject)];
      const { unbiased } = subject.estimator.card;
      if (unbiased === true) {
        const found = [...differences(mean, truth, () => subject.within), ...furtherDifferences(subject)];
        return hold(found.length === 0, () => found.join("; "));
      }
      const error = norm(mean[0]!.map((x, i) => x - truth[0]![i]!));
      hold(error > 1e-3, () => `the mean ${mean[0]} is the gradient: the card may say unbiased`);
      if (!unbiased) return;
      const factor = norm(mean[0]!) / norm(truth[0]!);
      close([mean[0]!], [truth[0]!.map((x) => x * factor)], subject.within);
    },
  },
  ...(["in front of", "behind"] as const).map(
    (place): Law => ({
      name: "stack",
      title: () => `unbiased ${place} another stochastic layer, for both layers`,
      applies: (subject) => subject.estimator.card.unbiased === true && isAboutTheLoss(subject),
      check(subject) {
        const units = Math.min(2, subject.units);
        const later = behind(subject);
        const network =
          place === "behind"
            ? stack([companion, subject], [units, units])
            : stack([subject, later.layer], [units, later.units]);
        close(expectedEstimate(network).mean, trueGradient(network), subject.within);
      },
    }),
  ),
  {
    name: "lattice",
    title: ({ estimator: { card } }) =>
      card.readsPath
        ? "a loss that is the same at 0 and 1 but not between gives another gradient"
        : "a loss that is the same at 0 and 1 gives the same gradient, whatever it is between",
    applies: ({ estimator: { unit, card } }) => unit.stochastic && card.family !== "noise injection",
    check({ estimator }) {
      const bent = (h: Tensor) => plain(square(h));
      const [one, other] = [plain, bent].map((f) => Array.from(step(estimator, matrix(A), f).gradient.data));
      const differs = one!.some((x, i) => Math.abs(x - other![i]!) > 1e-9);
      hold(differs === estimator.card.readsPath, () => `gradients ${one} and ${other}`);
    },
  },
];
