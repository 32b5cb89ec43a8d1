/**
 * jax-js, as it installs on this Node: its WebAssembly backend, one thread (its pool wants the browser's Worker).
 * Its arrays are counted by reference: `.ref` keeps one that a call would consume.
 */
import { createRequire } from "node:module";
import { type Elementwise, elementwiseInput, elementwiseSamples } from "../workloads/elementwise.ts";
import { type Forward, stepOf } from "../workloads/forward.ts";
import { type Gemm, gemmInputs, gemmSamples } from "../workloads/gemm.ts";
import {
  initialWeights,
  MOMENTUM,
  oneHot,
  stepData,
  TIMED_RATE,
  type TrainingStep,
  verificationRates,
} from "../workloads/training-step.ts";
import { conditionalSession } from "./conditional/jax-js.ts";
import { repeat, type Session, serve, unknownTask } from "./engine.ts";

const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const jax = peers("@jax-js/jax");
const { dependencies } = peers("./package.json");
const { numpy: np, nn, lax, random } = jax;

/** An array of the library, whose types are installed with it only. */
type Jax = ReturnType<typeof peers>;

const array = (values: Float32Array, shape: number[]): Jax => np.array(values, { shape });

function gemm(task: Gemm): Session {
  const { m, k, n } = task;
  const inputs = gemmInputs(task);
  const [a, b] = [array(inputs.a, [m, k]), array(inputs.b, [k, n])];
  const multiply = jax.jit((x: Jax, y: Jax) => np.matmul(x, y));
  return {
    async evidence() {
      const c = await multiply(a.ref, b.ref).data();
      return gemmSamples(task).map((index) => c[index]);
    },
    slice: (seconds) =>
      repeat(async () => {
        const c = multiply(a.ref, b.ref);
        await c.blockUntilReady();
        c.dispose();
      }, seconds),
    close() {
      a.dispose();
      b.dispose();
    },
  };
}

function elementwise(task: Elementwise): Session {
  const input = task.kind === "sigmoid" ? array(elementwiseInput(task), [task.count]) : random.key(7);
  const run = jax.jit((x: Jax) => (task.kind === "sigmoid" ? nn.sigmoid(x) : random.uniform(x, [task.count])));
  return {
    async evidence() {
      const values = await run(input.ref).data();
      return elementwiseSamples(task).map((index) => values[index]);
    },
    slice: (seconds) =>
      repeat(async () => {
        const out = run(input.ref);
        await out.blockUntilReady();
        out.dispose();
      }, seconds),
    close: () => input.dispose(),
  };
}

/** A unit that fires with probability σ(a); its gradient is that of σ, straight through the draw. */
function fire(a: Jax, key: Jax): Jax {
  const p = nn.sigmoid(a);
  const fired = random.bernoulli(key, lax.stopGradient(p.ref), a.shape).astype(np.float32);
  return p.ref.add(lax.stopGradient(fired.sub(p)));
}

function trainingStep(task: TrainingStep): Session {
  const { units, batch, stochastic } = task;
  const layers = units.length - 1;
  const data = stepData(task);
  const x = array(data.x, [batch, units[0]!]);
  const y = array(oneHot(task, data.labels), [batch, units.at(-1)!]);
  let parameters: Jax[] = initialWeights(task).flatMap((weights, layer) => [
    array(weights, [units[layer]!, units[layer + 1]!]),
    np.zeros([units[layer + 1]!]),
  ]);
  let velocities: Jax[] = parameters.map((parameter) => np.zeros(parameter.shape));
  let key = random.key(1);

  const loss = (weights: Jax[], input: Jax, target: Jax, keys: Jax[]): Jax => {
    let h = input;
    for (let layer = 0; layer < layers; layer++) {
      const a = np.dot(h, weights[2 * layer]).add(weights[2 * layer + 1]);
      if (layer === layers - 1) h = a;
      else h = stochastic ? fire(a, keys[layer]) : nn.relu(a);
    }
    return nn
      .logSoftmax(h)
      .mul(target)
      .sum()
      .mul(-1 / batch);
  };
  const lossAndGradient = jax.valueAndGrad(loss);
  const step = jax.jit((weights: Jax[], v: Jax[], input: Jax, target: Jax, keys: Jax[], rate: Jax) => {
    const [value, gradients] = lossAndGradient(
      weights.map((weight) => weight.ref),
      input,
      target,
      keys,
    );
    const nextV = v.map((velocity, i) => velocity.mul(MOMENTUM).add(gradients[i]));
    const next = weights.map((weight, i) => {
      const scale = i === weights.length - 1 ? rate : rate.ref;
      return weight.sub(nextV[i].ref.mul(scale));
    });
    return [value, next, nextV];
  });

  async function run(rate: number): Promise<number> {
    const keys: Jax[] = [];
    if (stochastic) {
      const fresh = random.split(key, layers);
      for (let layer = 0; layer < layers - 1; layer++) keys.push(fresh.ref.slice(layer + 1));
      key = fresh.slice(0);
    }
    const [value, next, nextV] = step(parameters, velocities, x.ref, y.ref, keys, np.array(rate));
    parameters = next;
    velocities = nextV;
    await jax.blockUntilReady([next, nextV]);
    return (await value.data())[0];
  }
  return {
    async evidence() {
      const losses: number[] = [];
      for (const rate of verificationRates(task)) losses.push(await run(rate));
      return losses;
    },
    slice: (seconds) => repeat(async () => void (await run(TIMED_RATE)), seconds),
    close() {
      for (const value of [...parameters, ...velocities, x, y, key]) value.dispose();
    },
  };
}

function forward(task: Forward): Session {
  const { units, batch } = task;
  const x = array(stepData(stepOf(task)).x, [batch, units[0]!]);
  const layers: [Jax, Jax][] = initialWeights(stepOf(task)).map((weights, layer) => [
    array(weights, [units[layer]!, units[layer + 1]!]),
    np.zeros([units[layer + 1]!]),
  ]);
  const scores = jax.jit((given: [Jax, Jax][], input: Jax) =>
    given.reduce((h, [weights, bias], layer) => np.dot(layer === 0 ? h : nn.relu(h), weights).add(bias), input),
  );
  const run = (): Promise<Float32Array> =>
    scores(
      layers.map(([weights, bias]) => [weights.ref, bias.ref]),
      x.ref,
    ).data();
  return {
    evidence: async () => [...(await run())],
    slice: (seconds) => repeat(async () => void (await run()), seconds),
    close() {
      for (const value of [x, ...layers.flat()]) value.dispose();
    },
  };
}

await serve(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return {
    threads: 1,
    note: `jax-js ${dependencies["@jax-js/jax"]} as it installs on this Node, wasm, 1 thread`,
    async open(task, form) {
      if (task.kind === "gemm") return gemm(task);
      if (task.kind === "step") return trainingStep(task);
      if (task.kind === "forward") return forward(task);
      if (task.kind === "sigmoid" || task.kind === "uniform") return elementwise(task);
      if (task.kind === "conditional") return conditionalSession(task, form, jax);
      throw unknownTask("jax-js", task);
    },
  };
});
