/** Laws about what goes forward: values, noise, numbers of passes. */

import { countOf } from "../estimators/count.ts";
import { type Downstream, readsClosedGates } from "../estimators/estimator.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";
import {
  add,
  array,
  constant,
  customGradient,
  equal,
  evaluate,
  exp,
  gradients,
  matmul,
  mul,
  type NdArray,
  type Shape,
  stopGradient,
  sum,
  Tensor,
  tanh,
  zerosLike,
} from "../graph/index.ts";
import { sharedKey } from "../random/index.ts";
import { fromUniform, type Key, key } from "../random/key.ts";
import { initialState } from "./initial-state.ts";
import { enumerates, hold, isAboutTheLoss, type Law } from "./law.ts";
import { INTO_LOSS_OF_TWO } from "./networks.ts";
import { matrix } from "./noise.ts";
import { step } from "./step.ts";

const weights = (h: Tensor): Tensor => constant(array(INTO_LOSS_OF_TWO, { dtype: h.dtype }));
/** A loss that bends in every unit: Σ tanh(h W). */
export const plain: Downstream = (h) => sum(tanh(matmul(h, weights(h))), 1);
export const A = [
  [0.3, -0.8],
  [1.9, 0.1],
];

const numbers = ({ data }: NdArray): number[] => Array.from(data);
const same = (a: NdArray, b: NdArray): boolean => a.dtype === b.dtype && String(numbers(a)) === String(numbers(b));

/** A key that notes what is drawn from it, and from the keys folded of it. */
function watched(source: Key, path: string, note: (path: string, drawn: Tensor) => void): Key {
  const noted =
    <O>(draw: (shape: Shape, options?: O) => Tensor) =>
    (shape: Shape, options?: O): Tensor => {
      const drawn = draw(shape, options);
      note(path, drawn);
      return drawn;
    };
  const uniform: Key["uniform"] = noted(source.uniform);
  const fold: Key["fold"] = (data) => watched(source.fold(data), `${path}.${data}`, note);
  return { fold, uniform, normal: noted(source.normal), ...fromUniform(uniform) };
}

export const forwardLaws: readonly Law[] = [
  {
    name: "result",
    title: () => "a step gives a loss for each example and the state that it began with, all of them finite",
    first: true,
    check({ estimator }) {
      const a = matrix(A);
      const start = initialState(estimator, 2);
      const result = estimator.estimate(a, key(7), plain, start);
      const { loss, state } = result ?? {};
      hold(
        loss instanceof Tensor,
        () => `estimate gives a loss that is ${loss === undefined ? "missing" : typeof loss}`,
      );
      hold(
        String(loss.shape) === "2",
        () => `a loss of shape [${loss.shape}] for a batch of 2 examples, it must be [2]`,
      );
      hold(
        typeof state === "object" && state !== null,
        () => "estimate gives no state: one that keeps none gives back what it was given",
      );
      const [given, kept] = [start, state].map((one) =>
        Object.entries(one).map(([name, x]) => `${name} [${x?.shape}]`),
      );
      hold(
        String(given!.sort()) === String(kept!.sort()),
        () => `it begins with the state {${given!.join(", ")}} and gives back {${kept!.join(", ")}}`,
      );
      const step = evaluate([loss, gradients(sum(loss), [a])[0]!, ...Object.values(state)]);
      ["loss", "gradient", ...Object.keys(state).map((name) => `state.${name}`)].forEach((name, i) =>
        hold(
          numbers(step[i]!).every(Number.isFinite),
          () => `the ${name} at a = ${A.join(", ")} is ${numbers(step[i]!)}`,
        ),
      );
    },
  },
  {
    name: "card",
    title: () => "its card says all there is to say, and its counts are those of a step",
    check({ estimator, samples, live }) {
      const { card } = estimator;
      const wrong: string[] = [];
      const need = (what: boolean, text: string) => what || wrong.includes(text) || wrong.push(text);
      for (const text of ["name", "title", "summary", "formula", "source"] as const)
        need(typeof card[text] === "string" && card[text].trim() !== "", `card.${text} is empty`);
      if (card.family !== "exact") need(/\d{4}/.test(card.source), `card.source names no year: ${card.source}`);
      const rows = { live: 0, path: 0, mean: 0, detached: 0 };
      step(estimator, matrix(A), (h, mode = "live") => {
        need(h.shape[1] === 2 && h.shape[0]! % 2 === 0, `sent [${h.shape}] where the layer is [2, 2]`);
        need(h.dtype === "float64", `sent ${h.dtype} where the pre-activations are float64`);
        rows[mode] += h.shape[0]! / 2;
        return plain(h);
      });
      const sizes = { samples, units: 2 };
      const backward = rows.live + rows.path + rows.mean;
      const passes = backward + rows.detached;
      const said = live === "all" ? samples : countOf(card.backward, sizes);
      need(passes === countOf(card.passes, sizes), `${passes} passes, the card says ${card.passes}`);
      need(backward === said, `${backward} differentiated passes, the card says ${card.backward}`);
      hold(wrong.length === 0, () => wrong.join("; "));
    },
  },
  {
    name: "sample",
    title: () => "the loss is that of what the unit samples with the same key",
    applies: (subject) => !enumerates(subject) && subject.live === "one" && isAboutTheLoss(subject),
    check({ estimator }) {
      const a = matrix(Array.from({ length: 20 }, (_, i) => [i / 10 - 1, 1 - i / 10]));
      const [sampled] = evaluate([plain(estimator.unit.sample(a, key(7)))]);
      const { loss } = step(estimator, a, plain);
      hold(same(loss, sampled!), () => `loss ${numbers(loss)}, of the sample ${numbers(sampled!)}`);
    },
  },
  {
    name: "repeatable",
    title: () => "the same key gives the same twice, and what it is given stays as it was",
    check({ estimator }) {
      const given = array(A, { dtype: "float64" });
      const before = numbers(given);
      const [one, two] = [1, 2].map(() => step(estimator, constant(given), plain));
      hold(same(one!.loss, two!.loss) && same(one!.gradient, two!.gradient), () => "two runs differ");
      hold(String(numbers(given)) === String(before), () => `the pre-activations became ${numbers(given)}`);
    },
  },
  {
    name: "draws",
    title: () => "every draw comes from a key of its own",
    check({ estimator }) {
      const seen: string[] = [];
      step(estimator, matrix(A), plain, { key: watched(key(7), "key", (path) => seen.push(path)) });
      const twice = seen.find((path, i) => seen.indexOf(path) < i);
      hold(twice === undefined, () => `two draws of ${twice}, which are the same numbers`);
    },
  },
  {
    name: "copies",
    title: () => "behind a layer that makes copies of the batch, the copies meet the same noise and nothing else does",
    check({ estimator }) {
      const [rows, copies] = [A.length, 2];
      const drawn: Tensor[] = [];
      const inModel = sharedKey(key(7), { rows, copies, units: 2 });
      const noise = watched(inModel, "key", (_, draw) => drawn.push(draw));
      const { loss, gradient } = step(estimator, matrix([...A, ...A]), plain, { key: noise });
      const alone = step(estimator, matrix(A), plain);
      for (const [one, two] of [
        [alone.loss, loss],
        [alone.gradient, gradient],
      ] as const)
        hold(
          String([...numbers(one), ...numbers(one)]) === String(numbers(two)),
          () => `alone ${numbers(one)}, of two copies ${numbers(two)}`,
        );
      for (const draw of evaluate(drawn)) {
        const different = new Set(numbers(draw)).size;
        hold(
          different === draw.data.length / copies || different === draw.data.length,
          () => `of a draw [${draw.shape}] for ${copies} copies ${different} numbers are different`,
        );
      }
    },
  },
  {
    name: "noise",
    title: ({ estimator: { unit } }) =>
      unit.stochastic ? "another key gives another sample" : "its sample is its readout",
    check({ estimator: { unit } }) {
      const wide = matrix(Array.from({ length: 20 }, () => [0.3, 0.8]));
      const samples = [unit.sample(wide, key(1)), unit.sample(wide, key(2)), unit.readout(wide)];
      const [one, other, readout] = evaluate(samples);
      if (unit.stochastic) hold(!same(one!, other!), () => "two keys give one sample");
      else hold(same(one!, readout!), () => "sample and readout differ");
    },
  },
  {
    name: "binary",
    title: () => "sends exactly 0 or 1",
    applies: ({ estimator: { unit } }) => unit === bernoulli,
    check({ estimator }) {
      const sent: Tensor[] = [];
      const wide = matrix(Array.from({ length: 40 }, (_, i) => [i / 10 - 2, 2 - i / 10]));
      step(estimator, wide, (h, mode = "live") => {
        if (mode !== "path" && mode !== "mean") sent.push(h);
        return plain(h);
      });
      const values = new Set(evaluate([...sent, estimator.unit.sample(wide, key(7))]).flatMap(numbers));
      hold(String([...values].sort()) === "0,1", () => `sends ${[...values].slice(0, 5)}`);
    },
  },
  {
    name: "closed gates",
    title: ({ estimator }) =>
      readsClosedGates(estimator)
        ? "needs the loss's derivative with respect to units that sent 0"
        : "does without the loss's derivative with respect to units that sent 0",
    applies: ({ estimator: { card } }) => card.readsClosedGates !== undefined || !card.readsPath,
    check({ estimator }) {
      const a = matrix(Array.from({ length: 20 }, (_, i) => [i / 10 - 1, 1 - i / 10]));
      const spoilt: Downstream = (h) =>
        plain(customGradient(h, [h], (grad) => [add(grad, mul(equal(h, 0), stopGradient(exp(h.add(3)))))]));
      const [one, other] = [plain, spoilt].map((f) => numbers(step(estimator, a, f).gradient));
      const differs = one!.some((x, i) => x !== other![i]!);
      hold(differs === readsClosedGates(estimator), () => `gradients ${one} and ${other}`);
    },
  },
  {
    name: "rows",
    title: () => "an example's loss and gradient don't depend on the others in the batch",
    check({ estimator }) {
      const of = (rows: number[][]) => {
        const { loss, gradient } = step(estimator, matrix(rows), plain);
        return [loss.data[0]!, gradient.data[0]!, gradient.data[1]!];
      };
      const [first, ...others] = [A[1]!, [9, -9], [0, 40]].map((other) => ({ other, found: of([A[0]!, other]) }));
      for (const { other, found } of others)
        found.forEach((x, i) =>
          hold(
            Math.abs(x - first!.found[i]!) < 1e-11,
            () => `${x} beside ${other}, ${first!.found[i]} beside ${first!.other}`,
          ),
        );
    },
  },
  ...(["float32", "float64"] as const).flatMap((dtype) =>
    [40, 400].map(
      (size): Law => ({
        name: "finite",
        title: () => `finite in ${dtype} where |a| is ${size}`,
        check({ estimator }) {
          const { unit } = estimator;
          const a = constant(array([[size, -size], [-size, 0]], { dtype })); // biome-ignore format: a table
          const { loss, gradient, state } = step(estimator, a, plain);
          const shown = evaluate([unit.sample(a, key(3)), unit.readout(a), unit.rate?.(a) ?? zerosLike(a)]);
          for (const values of [loss, gradient, ...Object.values(state), ...shown])
            hold(numbers(values).every(Number.isFinite), () => `received ${numbers(values)}`);
          hold(loss.dtype === dtype && gradient.dtype === dtype, () => `a gradient of ${gradient.dtype}`);
        },
      }),
    ),
  ),
];
