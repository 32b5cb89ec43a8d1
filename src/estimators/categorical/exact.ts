import { UserError } from "../../errors.ts";
import {
  add,
  array,
  broadcastTo,
  constant,
  exp,
  logSoftmax,
  mul,
  reshape,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, variables } from "./variables.ts";

const MOST_PATTERNS = 2 ** 16;
/** Patterns go to the downstream network many at once, as copies of the batch: this many rows at most, unless one batch has more. */
const MOST_ROWS = 8192;

/**
 * L = Σ_b P(b) L(b) over all C^N patterns b of a layer's N variables: the expected loss as its value, and its exact gradient, also with
 * respect to what the downstream network is made of. Every call of the rest is live; the key is not used.
 * Throws UserError for more than 65,536 patterns.
 */
export const categoricalExact = configurable({
  card: {
    name: "categorical-exact",
    title: "categorical exact enumeration",
    family: "exact",
    summary: "Sums over every pattern of classes that the layer could send: no noise at all, for small layers.",
    formula: String.raw`\sum_b L(b)\,P(b)\,(b-\mathrm{softmax}(a))`,
    source: "The definition of the expectation",
    unbiased: true,
    passes: "C^N",
    backward: "C^N",
    readsPath: false,
    readsLoss: true,
    categorical: true,
    bias: "None.",
    use: "As the truth for small layers, and to train them without any noise.",
    avoid: "Beyond some thousand patterns: each further variable multiplies them by its classes.",
  },
  options: { classes: classesOption },
  make: ({ classes }) => ({
    unit: oneHotUnit(classes),
    checkUnits: (units) => checkPatterns(units / classes, classes),
    estimate(a, _key, downstream, state) {
      const logP = logSoftmax(variables(a, classes)); // [B, N, C]
      const [batch, count] = logP.shape as [number, number, number];
      checkPatterns(count, classes);
      const patterns = classes ** count;
      const atOnce = Math.max(1, Math.floor(MOST_ROWS / batch));
      let loss: Tensor | undefined;
      for (let from = 0; from < patterns; from += atOnce) {
        const some = Math.min(atOnce, patterns - from);
        const b = broadcastTo(oneHots(from, some, count, classes, a), [some, batch, count * classes]);
        const losses = reshape(downstream(reshape(b, [some * batch, count * classes])), [some, batch]);
        const term = sum(mul(exp(sum(mul(flat(logP), b), 2)), losses), 0);
        loss = loss ? add(loss, term) : term;
      }
      return { loss: loss!, state };
    },
  }),
});

function checkPatterns(count: number, classes: number): void {
  if (classes ** count > MOST_PATTERNS)
    throw new UserError(
      `categorical-exact: enumerates classes^variables patterns, at most ${MOST_PATTERNS}, received ${count} variables of ${classes} classes`,
    );
}

/** Patterns `from` to `from + some − 1`, where variable v of pattern k has class ⌊k / C^v⌋ mod C. Returns [some, 1, N·C]. */
function oneHots(from: number, some: number, count: number, classes: number, like: Tensor): Tensor {
  const units = count * classes;
  const data = new Float64Array(some * units);
  for (let k = 0; k < some; k++)
    for (let v = 0; v < count; v++)
      data[k * units + v * classes + (Math.floor((from + k) / classes ** v) % classes)] = 1;
  return constant(array(data, { shape: [some, 1, units], dtype: like.dtype }));
}
