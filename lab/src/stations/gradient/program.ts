import { ESTIMATES, type GradientQuestion } from "../../worker/gradient-messages.ts";

/** A program for Node that prints what is below each cloud. */
export const programOf = ({ a, w, seed, estimators }: GradientQuestion): string =>
  `import { backend } from "heaviside";
import { array, mul, softplus, sub, sum } from "heaviside/engine";
import { measureProblem } from "heaviside/measure";

const [a, w, seed] = [${JSON.stringify(a).replace(",", ", ")}, ${w}, ${seed}];
const weights = array([[w, 2 * w]]);
// The loss is −ln σ(y) = softplus(−y), with y = w (h₁ + 2h₂ − 1).
const downstream = () => (h) => softplus(sub(w, sum(mul(h, weights), 1)));
const problem = {
  name: "two neurons",
  examples: 1,
  units: 2,
  inputs: { a: array([a]), rest: {} },
  downstream,
  expected: { laterUnits: 0, downstream },
};
const wasm = await backend("wasm", { threads: 1 });
const { truth, rows } = await measureProblem(problem, {
  backend: wasm,
  seed,
  replicates: ${ESTIMATES},
  estimators: [
${estimators.map((config) => `    ${written(config)},\n`).join("")}  ],
});
for (const { estimator, bias, variance, cosine, forward } of rows)
  console.log(estimator, bias.value * truth.norm.value, variance.value, cosine.value, forward);
await wasm.close();
`;

const written = ({ name, temperature }: GradientQuestion["estimators"][number]): string =>
  temperature === undefined ? `"${name}"` : `{ name: "${name}", temperature: ${temperature} }`;
