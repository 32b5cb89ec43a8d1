/** A whole training step as one ONNX graph: forward, the backward pass written out, momentum. */
import { MOMENTUM, type TrainingStep } from "../workloads/training-step.ts";
import { FLOAT, OnnxGraph, type Value } from "./onnx-graph.ts";

/** A parameter or its velocity: its name as an input, whose successor is the output `${name}+`. */
export interface StateArray {
  name: string;
  shape: readonly number[];
}

export const successor = (name: string): string => `${name}+`;

/** What a step replaces, layer by layer: weights, bias, and the velocity of each. */
export function stateArrays({ units }: TrainingStep): StateArray[] {
  return units.slice(1).flatMap((width, layer) => [
    { name: `weights${layer}`, shape: [units[layer]!, width] },
    { name: `bias${layer}`, shape: [width] },
    { name: `weights${layer}-velocity`, shape: [units[layer]!, width] },
    { name: `bias${layer}-velocity`, shape: [width] },
  ]);
}

/** Inputs: `x` [batch, in], `y` [batch, classes] one-hot, `rate` [], the state. Outputs: `loss` [], the next state. */
export function stepGraph(task: TrainingStep): Uint8Array {
  const { units, batch, stochastic } = task;
  const graph = new OnnxGraph();
  const last = units.length - 2;
  const x = graph.input("x", [batch, units[0]!]);
  const y = graph.input("y", [batch, units[last + 1]!]);
  const rate = graph.input("rate", []);
  for (const { name, shape } of stateArrays(task)) graph.input(name, shape);
  const [momentum, share, one, zero] = [MOMENTUM, 1 / batch, 1, 0].map((value) => graph.scalar(value)) as Value[];
  const examples = graph.integers([0]);

  /** What enters each layer, and σ′ or the rectifier's gate at the units that produced it. */
  const signals: Value[] = [x];
  const slopes: Value[] = [];
  let a = "";
  for (let layer = 0; layer <= last; layer++) {
    a = graph.node("Gemm", [signals[layer]!, `weights${layer}`, `bias${layer}`]);
    if (layer === last) break;
    const [signal, slope] = stochastic ? fire(graph, a, one!) : rectify(graph, a, zero!);
    signals.push(signal);
    slopes.push(slope);
  }

  const perExample = graph.node("Mul", [graph.node("LogSoftmax", [a], { axis: 1 }), y]);
  const sum = graph.node("ReduceSum", [perExample], { keepdims: 0 });
  graph.node("Neg", [graph.node("Mul", [sum, share!])], {}, "loss");
  graph.output("loss", []);

  const update = (name: string, velocity: Value) =>
    graph.node("Sub", [name, graph.node("Mul", [velocity, rate])], {}, successor(name));
  let delta = graph.node("Mul", [graph.node("Sub", [graph.node("Softmax", [a], { axis: 1 }), y]), share!]);
  for (let layer = last; layer >= 0; layer--) {
    const [weights, bias] = [`weights${layer}`, `bias${layer}`];
    const [weightsVelocity, biasVelocity] = [`${weights}-velocity`, `${bias}-velocity`];
    // The momentum is folded into the product: v ← hᵀδ + 0.9 v.
    const product = { transA: 1, beta: MOMENTUM };
    update(weights, graph.node("Gemm", [signals[layer]!, delta, weightsVelocity], product, successor(weightsVelocity)));
    const gradient = graph.node("ReduceSum", [delta, examples], { keepdims: 0 });
    const kept = graph.node("Mul", [biasVelocity, momentum!]);
    update(bias, graph.node("Add", [kept, gradient], {}, successor(biasVelocity)));
    if (layer === 0) break;
    const below = graph.node("Gemm", [delta, weights], { transB: 1 });
    delta = graph.node("Mul", [below, slopes[layer - 1]!]);
  }
  for (const { name, shape } of stateArrays(task)) graph.output(successor(name), shape);
  return graph.encode();
}

function rectify(graph: OnnxGraph, a: Value, zero: Value): [signal: Value, slope: Value] {
  return [graph.node("Relu", [a]), graph.node("Cast", [graph.node("Greater", [a, zero])], { to: FLOAT })];
}

/** A unit that fires with probability p = σ(a); its gradient is that of σ, straight through the draw. */
function fire(graph: OnnxGraph, a: Value, one: Value): [signal: Value, slope: Value] {
  const p = graph.node("Sigmoid", [a]);
  const draw = graph.node("RandomUniformLike", [p], { low: 0, high: 1 });
  const fired = graph.node("Cast", [graph.node("Less", [draw, p])], { to: FLOAT });
  return [fired, graph.node("Mul", [p, graph.node("Sub", [one, p])])];
}
