import { cardOf } from "../../cards.ts";
import { ESTIMATES, type GradientPicture } from "../../worker/gradient-messages.ts";

/** What is below the clouds, and what it was measured with: a row for each estimator. */
export const tableOf = (
  { question: { a, w, seed, estimators }, exact, measured }: GradientPicture,
  seconds: Readonly<Record<string, number>>,
) =>
  measured.map(({ name, mean, standardError, bias, variance, cosine, evaluations }) => ({
    estimator: name,
    temperature: estimators.find((asked) => asked.name === name)?.temperature,
    unbiased: String(cardOf(name)?.unbiased),
    ...{ a1: a[0], a2: a[1], w, seed, estimates: ESTIMATES, exact_1: exact[0], exact_2: exact[1] },
    ...{ mean_1: mean[0], mean_2: mean[1], mean_standard_error: standardError },
    ...{ bias: bias.value, bias_low: bias.low, bias_high: bias.high },
    ...{ variance: variance.value, variance_low: variance.low, variance_high: variance.high },
    ...{ cosine: cosine.value, cosine_low: cosine.low, cosine_high: cosine.high },
    ...{ evaluations, microseconds: seconds[name] === undefined ? undefined : seconds[name] * 1e6 },
  }));
