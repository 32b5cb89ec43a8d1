import { cardOf } from "../../cards.ts";
import type { NeuronMeans } from "../../worker/neuron-messages.ts";

/** The means beside the exact gradient, and what they were made with: a row for each estimator. */
export const tableOf = ({ question: { a, t, seed }, means }: NeuronMeans, exact: number) =>
  means.map(({ name, n, mean, deviation }) => {
    const [estimates, last] = [n.at(-1) ?? 0, mean.at(-1) ?? Number.NaN];
    return {
      estimator: name,
      unbiased: String(cardOf(name)?.unbiased),
      ...{ a, t, seed, estimates, exact, mean: last },
      standard_error: deviation / Math.sqrt(estimates),
      ...{ off_by: last - exact, standard_deviation: deviation },
    };
  });
