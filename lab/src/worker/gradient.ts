// The station of the gradient: estimates, their bias and their variance are those of the library's measurement.
import "../../../src/graph/methods.ts";
import type { Backend } from "../../../src/backends/backend.ts";
import { wasmBackend } from "../../../src/backends/wasm/wasm.ts";
import { type EstimatorConfig, estimatorFor } from "../../../src/estimators/index.ts";
import { array, constant, evaluate } from "../../../src/graph/index.ts";
import { passesOf, replicates, warmed } from "../../../src/measure/replicates.ts";
import { interleaved, timedStep } from "../../../src/measure/timing.ts";
import { exactGradient } from "../../../src/measure/truth.ts";
import { key } from "../../../src/random/index.ts";
import { type Figure, root, within } from "../../../src/statistics/figure.ts";
import {
  cosine,
  errorOfMean,
  figure,
  GROUPS,
  jackknife,
  positiveFigure,
  squaredBias,
} from "../../../src/statistics/jackknife.ts";
import { meanRow } from "../../../src/statistics/sample.ts";
import {
  type AskedEstimator,
  ESTIMATES,
  EVALUATIONS,
  type GradientAnswer,
  type GradientQuestion,
  type Measured,
  REACH,
  SIDE,
  STEPS,
} from "./gradient-messages.ts";
import { answerLatest } from "./latest.ts";
import { twoNeurons } from "./two-neurons.ts";

/** Steps for estimators that learn on the side, as `npx heaviside measure` gives them. */
const WARMUP = 500;

/** Everything that the estimates depend on. */
type Asked = Pick<GradientQuestion, "a" | "w" | "seed">;

/** As the configurations of the library are: a name alone has no options. */
const configOf = (asked: AskedEstimator): EstimatorConfig => asked as EstimatorConfig;

const scaled = ({ value, low, high }: Figure, by: number): Figure => ({
  value: value * by,
  low: low * by,
  high: high * by,
});

/** Estimates of one estimator, and what they say. */
interface Estimates {
  /** One after another, two numbers each. */
  readonly all: Float32Array;
  readonly found: Omit<Measured, "cloud" | "error">;
  /** The error of a step of K samples. */
  errorOf(samples: number): number;
}

async function estimatesOf(
  asked: AskedEstimator,
  { a, w, seed }: Asked,
  exact: Float64Array,
  backend: Backend,
): Promise<Estimates> {
  const problem = twoNeurons(a, w);
  const estimator = estimatorFor(configOf(asked));
  const passes = passesOf(problem, estimator);
  const state = await warmed(problem, estimator, { backend, seed, steps: WARMUP, onStep: async () => {} });
  const all = new Float32Array(2 * ESTIMATES);
  let filled = 0;
  const made = replicates(problem, estimator, {
    ...{ backend, seed, state, passes },
    onEstimates(values) {
      all.set(values, filled);
      filled += values.length;
    },
  });
  while (made.size * GROUPS < ESTIMATES) made.sweep();
  const groups = made.groups();
  const jack = jackknife(groups, [exact]);
  // What the card says to be unbiased is: what is measured of its bias is noise.
  const moments = estimator.card.unbiased === true ? { ...jack.all, mm: jack.all.gg, mg: jack.all.gg } : jack.all;
  const errorOf = (samples: number): number => (samples < 1 ? Number.NaN : errorOfMean(moments, samples));
  const [x = Number.NaN, y = Number.NaN] = meanRow(groups.map(({ mean }) => mean));
  return {
    all,
    errorOf,
    found: {
      name: asked.name,
      mean: [x, y],
      standardError: Math.sqrt(jack.all.variance / ESTIMATES),
      bias: scaled(root(figure(jack, squaredBias)), Math.sqrt(jack.all.gg)),
      variance: positiveFigure(jack, ({ variance }) => variance),
      cosine: within(figure(jack, cosine), -1, 1),
      evaluations: passes.forward,
      errors: EVALUATIONS.map((n) => errorOf(Math.floor(n / passes.forward))),
    },
  };
}

/** Means of K estimates in a row. */
function cloudOf(all: Float32Array, samples: number): Float32Array {
  const steps = Math.min(STEPS, Math.floor(all.length / 2 / samples));
  const cloud = new Float32Array(2 * steps);
  for (let step = 0; step < steps; step++)
    for (let axis = 0; axis < 2; axis++) {
      let total = 0;
      for (let i = 0; i < samples; i++) total += all[2 * (step * samples + i) + axis]!;
      cloud[2 * step + axis] = total / samples;
    }
  return cloud;
}

/** The expected loss, by enumeration, over the plane of the pre-activations. */
function planeOf(w: number): Float32Array {
  const at = (i: number): number => (i / (SIDE - 1)) * 2 * REACH - REACH;
  const points = Float32Array.from({ length: 2 * SIDE ** 2 }, (_, i) => {
    const place = i >> 1;
    return at(i % 2 === 0 ? place % SIDE : Math.floor(place / SIDE));
  });
  const a = constant(array(points, { shape: [SIDE ** 2, 2] }));
  const { loss } = estimatorFor("exact").estimate(a, key(0), twoNeurons([0, 0], w).downstream({}, 1, key(0)), {});
  return Float32Array.from(evaluate([loss])[0]!.data);
}

/** Answers the latest question, and leaves it when there is a newer one. */
export function run(port: MessagePort): void {
  const post = (answer: GradientAnswer) => port.postMessage(answer);
  const failed = (message: string) => post({ kind: "error", message });
  const started = wasmBackend({ threads: 1 });
  started.catch(() => {}); // Each answer waits for it, and says why it isn't there.
  let plane: number | undefined;
  let known: { readonly of: string; readonly estimates: Map<string, Estimates> } | undefined;
  let timed = "";

  const answer = async (question: GradientQuestion, isLatest: () => Promise<boolean>): Promise<void> => {
    const backend = await started;
    const { a, w, seed, samples, estimators } = question;
    const of = JSON.stringify({ a, w, seed });
    if (known?.of !== of) known = { of, estimates: new Map() };
    const { estimates } = known;
    const exact = exactGradient(twoNeurons(a, w), { backend });
    for (const asked of estimators) {
      const name = JSON.stringify(asked);
      if (!estimates.has(name)) estimates.set(name, await estimatesOf(asked, question, exact, backend));
      if (!(await isLatest())) return;
    }
    const measured = estimators.map((asked) => {
      const { all, found, errorOf } = estimates.get(JSON.stringify(asked))!;
      return { ...found, cloud: cloudOf(all, samples), error: errorOf(samples) };
    });
    const [x = Number.NaN, y = Number.NaN] = exact;
    post({ kind: "picture", question, exact: [x, y], norm: Math.hypot(x, y), measured });
    if (plane !== w) {
      plane = w;
      post({ kind: "plane", w, losses: planeOf(w) });
    }
    // How long an estimate takes doesn't depend on the problem's numbers.
    const names = estimators.map(({ name }) => name).join();
    if (timed === names || !(await isLatest())) return;
    const problem = twoNeurons(a, w);
    const steps = estimators.map((asked) => timedStep(problem, estimatorFor(configOf(asked)), { backend, seed }));
    const abandoned = new Error("a newer question");
    try {
      const seconds = await interleaved(steps, async () => {
        if (!(await isLatest())) throw abandoned;
      });
      timed = names;
      post({ kind: "times", seconds: Object.fromEntries(estimators.map(({ name }, i) => [name, seconds[i]!.value])) });
    } catch (error) {
      if (error !== abandoned) throw error;
    }
  };

  answerLatest(port, answer, failed);
}
