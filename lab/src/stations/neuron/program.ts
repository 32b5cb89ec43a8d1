import { COPIES, ESTIMATES, type NeuronQuestion } from "../../worker/neuron-messages.ts";

/** A program for Node that prints the exact gradient and each estimator's mean, as the table has them. */
export const programOf = ({ a, t, seed, estimators }: NeuronQuestion): string =>
  `import { backend, compile, estimatorFor, key } from "heaviside";
import { array, gradients, mean, square, sub, sum } from "heaviside/engine";
import { exactGradient, toyProblem } from "heaviside/measure";

const [a, t, seed] = [${a}, ${t}, ${seed}];
const [estimates, calls] = [${COPIES}, ${ESTIMATES / COPIES}];
const reference = await backend("reference");
// The loss is (h − t)². Without the formula of its gradient, both decisions are added up.
const { gradient, ...problem } = toyProblem({ target: t, logit: a });
const expected = { laterUnits: 0, downstream: problem.downstream };
console.log("exact", exactGradient({ ...problem, expected }, { backend: reference })[0]);

const copies = array(new Float32Array(estimates).fill(a), { shape: [estimates, 1] });
for (const name of ${JSON.stringify(estimators).replaceAll(",", ", ")}) {
  const estimator = estimatorFor(name);
  const program = compile((a, call) => {
    const noise = key(0).fold(seed).fold(call);
    const { loss } = estimator.estimate(a, noise, (h) => mean(square(sub(h, t)), 1), {});
    return gradients(sum(loss), [a])[0];
  });
  let total = 0;
  for (let call = 0; call < calls; call++)
    for (const estimate of program(copies, array(call, { dtype: "int32" })).data) total += estimate;
  console.log(name, total / (estimates * calls));
}
`;
