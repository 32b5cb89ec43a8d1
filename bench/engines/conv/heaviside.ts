/** The convolutional network in this library, through the path that its users take: ops, `compile`, and state that stays on the backend. */
import { conv2d, crossEntropy, matmul, maxPool, NdArray, rectifier, reshape } from "../../../src/entries/engine.ts";
import { array, compile, resident, type Tensor, valueAndGrad } from "../../../src/index.ts";
import { type Conv, convInputs, convLayers, convRates, denseWidths } from "../../workloads/conv.ts";
import { MOMENTUM, TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session } from "../engine.ts";

export function convSession(task: Conv): Session {
  return task.pass === "forward" ? forward(task) : step(task);
}

/** Class scores [batch, classes] of images [batch, rows, columns, channels]. */
function scoresOf(task: Conv, p: readonly Tensor[], x: Tensor): Tensor {
  const layers = convLayers(task).length;
  let h = x;
  for (let i = 0; i < 2 * layers; i += 2)
    h = maxPool(rectifier(conv2d(h, p[i]!, { padding: "same" }).add(p[i + 1]!)), 2);
  const first = 2 * layers;
  h = reshape(h, [task.batch, denseWidths(task)[0]]);
  h = rectifier(matmul(h, p[first]!).add(p[first + 1]!));
  return matmul(h, p[first + 2]!).add(p[first + 3]!);
}

function given(task: Conv) {
  const { x, labels, parameters } = convInputs(task);
  return {
    x: array(x, { shape: [task.batch, ...task.image] }),
    labels: array(labels),
    parameters: parameters.map(({ data, shape }) => array(data, { shape: [...shape] })),
  };
}

/** The input is handed over and the scores are given back at each call. */
function forward(task: Conv): Session {
  const { x, parameters } = given(task);
  const held = resident<Tensor[]>(parameters);
  const scores = compile((p: Tensor[], images: Tensor) => scoresOf(task, p, images));
  return {
    evidence: async () => [...scores(held, x).data],
    slice: (seconds) => repeat(() => void scores(held, x), seconds),
    close() {},
  };
}

function step(task: Conv): Session {
  const { parameters, ...batch } = given(task);
  type Data = { x: Tensor; labels: Tensor };
  type State = { parameters: Tensor[]; velocities: Tensor[] };
  const data = resident<Data>(batch);
  const state = resident<State>({ parameters, velocities: parameters.map(({ shape }) => NdArray.zeros(shape)) });
  const loss = (p: Tensor[], { x, labels }: Data): Tensor => crossEntropy(scoresOf(task, p, x), labels).mean();
  const train = compile(({ parameters, velocities }: State, given: Data, rate: Tensor) => {
    const [value, gradients] = valueAndGrad(loss)(parameters, given);
    const next = velocities.map((velocity, i) => velocity.mul(MOMENTUM).add(gradients[i]!));
    const moved = parameters.map((parameter, i) => parameter.sub(next[i]!.mul(rate)));
    return { state: { parameters: moved, velocities: next }, loss: value };
  });
  const run = (rate: number): number => train(state, data, rate).loss.item();
  return {
    evidence: async () => convRates().map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close() {},
  };
}
