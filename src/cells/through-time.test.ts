/** Estimators through time: that they are what they are in a stack of layers, and unbiased where their cards say so, by enumeration. */
import { describe, expect, test } from "vitest";
import { continuation } from "../estimators/continuation.ts";
import type { EstimatorState, Mode } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, estimatorNames, estimatorRow } from "../estimators/index.ts";
import {
  add,
  array,
  bernoulliNll,
  broadcastTo,
  constant,
  evaluate,
  exp,
  expandDims,
  gradients,
  matmul,
  mul,
  NdArray,
  neg,
  reshape,
  slice,
  stack,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { type Key, key, tile } from "../random/index.ts";
import { type Axis, cells, gaussPanels } from "../statistics/quadrature.ts";
import type { Cell, Named } from "./cell.ts";
import { checkThroughTime, costThroughTime } from "./cost.ts";
import { decisionKey, isLocal, trainedLocally } from "./decide.ts";
import { runCell } from "./run.ts";
import { firing, float64, gatedMemory, keyOfSteps, parametersOf, value } from "./testing/tiny.ts";
import { statesThroughTime, throughTime } from "./through-time.ts";

const names = estimatorNames.filter((name) => !estimatorRow(name).card.categorical);
/** The numbers of several tensors, of which each op is computed once. */
const numbers = (tensors: readonly Tensor[]): number[][] => evaluate(tensors).map(({ data }) => Array.from(data));
const stateTensors = (state: { readonly [name: string]: NdArray }): EstimatorState =>
  Object.fromEntries(
    Object.entries(state).map(([name, { data, shape }]) => [name, constant(array(Float64Array.from(data), { shape }))]),
  );
/** Σ v tanh(outputs + its earlier product): no unit is linear in it, at any step. [R, T, H] → [R] */
const lossOf = (outputs: Tensor): Tensor => {
  const [rows, steps, units] = outputs.shape as [number, number, number];
  const flat = reshape(outputs, [rows, steps * units]);
  const mixed = matmul(
    flat,
    float64(
      Array.from({ length: steps * units }, (_, i) => Array.from({ length: 3 }, (_, j) => Math.sin(1 + 2 * i + 5 * j))),
    ),
  );
  return add(sum(mul(tanh(mixed), float64([1.3, -0.7, 0.9])), 1), 0.8);
};

test("local are the estimators whose gradient is all in what they output", () => {
  const local = names.filter((name) =>
    isLocal({ name, estimator: estimatorFor({ name } as EstimatorConfig), units: 3 }),
  );
  expect(local).toEqual([
    ...["sigmoid", "tanh", "rectifier", "noisy-sigmoid", "noisy-rectifier"],
    ...["straight-through", "straight-through-slope", "straight-through-open", "threshold", "smooth-times-stochastic"],
    ...[
      "concrete",
      "hard-concrete",
      "straight-through-gumbel",
      "gumbel-rao",
      "gapped-straight-through",
      "reinmax",
      "top-k",
    ],
  ]);
});

describe("decisions in time are those of a stack of layers, one for each step", () => {
  const [B, T, H] = [2, 3, 2];
  const x = float64([[[0.3, -0.8], [0.6, 0.1], [-0.4, 0.2]], [[-0.5, 0.4], [1.1, -0.2], [0.7, 0.9]]]); // biome-ignore format: steps
  const recurrent = float64([[0.8, -1.2], [0.5, 0.9]]); // biome-ignore format: a matrix

  /** The recursion over layers, as a network has it: layer t reads what layer t − 1 outputs. */
  function stacked(config: EstimatorConfig, given: EstimatorState[]) {
    const estimator = estimatorFor(config);
    const noise = { key: key(5), rows: B };
    const states: EstimatorState[] = [];
    const layer = (t: number, outputs: readonly Tensor[], mode: Mode): Tensor => {
      if (t === T) return lossOf(stack(outputs, 1));
      const copies = (outputs[0]?.shape[0] ?? B) / B;
      const own = tile(reshape(slice(x, [0, t], [B, t + 1]), [B, H]), copies);
      const a = t === 0 ? own : add(own, matmul(outputs.at(-1)!, recurrent));
      const at = decisionKey(noise, t, 0, a);
      const next = (h: Tensor, called: Mode): Tensor =>
        layer(t + 1, [...outputs.map((y) => tile(y, h.shape[0]! / y.shape[0]!)), h], called);
      if (mode === "detached") return next(estimator.unit.sample(a, at), mode);
      if (mode === "mean") return next(estimator.unit.readout(a), mode);
      const { loss, state } = estimator.estimate(a, at, continuation(next, mode), given[t]!);
      if (mode === "live") states[t] ??= state;
      return loss;
    };
    return { loss: layer(0, [], "live"), states };
  }

  test.each(names)("%s: losses, gradients and next states", (name) => {
    const cell = firing(H, name);
    const first = statesThroughTime(cell.decisions, T, key(9));
    const states = stateTensors(first);
    const each = Array.from(
      { length: T },
      (_, t) =>
      Object.fromEntries(Object.entries(states).map(([own, all]) => [own.slice("fire.".length), reshape(slice(all, t, t + 1), all.shape.slice(1))])), // biome-ignore format: one line
    );
    const ours = throughTime({ ...{ cell, params: { recurrent }, x, mode: "live", states }, key: key(5), rows: B }, ({ outputs }) => lossOf(outputs)); // biome-ignore format: one line
    const theirs = stacked(name, each);
    const [a, b] = [ours.loss, theirs.loss].map((loss) => numbers([loss, ...gradients(sum(loss), [x, recurrent])]));
    a!.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(b![i]![j]!, 11)));
    expect(a![2]!.some((g) => g !== 0)).toBe(true);
    const owns = Object.keys(ours.states);
    const kept = numbers(Object.values(ours.states));
    const wanted = numbers(owns.map((own) => stack(theirs.states.map((state) => state[own.slice("fire.".length)]!))));
    kept.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(wanted[i]![j]!, 11)));
    expect(Object.keys(ours.states).length).toBe(Object.keys(first).length);
  });
});

/** The steps one after the other, with decisions that are known: their outputs, and the pre-activations of each. */
function replayed(cell: Cell, params: Named<Tensor>, x: Tensor, bits: readonly (readonly (Tensor | undefined)[])[]) {
  const [rows, steps, inputs] = x.shape as [number, number, number];
  const zeros = (width: number) => constant(NdArray.zeros([rows, width], "float64"));
  let state: Named<Tensor> = Object.fromEntries(
    Object.entries(cell.state).map(([name, width]) => [name, zeros(width)]),
  );
  const outputs: Tensor[] = [];
  const seen: Tensor[][] = [];
  for (let t = 0; t < steps; t++) {
    const own: Tensor[] = [];
    const made = cell.step(
      params,
      state,
      cell.project(params, reshape(slice(x, [0, t], [rows, t + 1]), [rows, inputs])),
      (decision, a) => bits[t]?.[own.push(a) - 1] ?? zeros(decision.units),
    );
    seen.push(own);
    state = made.state;
    outputs.push(made.output);
  }
  return { outputs: stack(outputs, 1), seen };
}

/** A cell, its parameters, and one sequence [T, I], whose decisions are enumerated. */
interface Case {
  readonly cell: Cell;
  readonly params: Named<Tensor>;
  readonly sequence: Tensor;
}
const copiesOf = ({ sequence }: Case, rows: number): Tensor => broadcastTo(expandDims(sequence, 0), [rows, ...sequence.shape]); // biome-ignore format: one line
const wanted = ({ params, sequence }: Case): Tensor[] => [sequence, ...Object.values(params)];

/** The cell with all decisions that there can be, a row for each. */
function everyDecision(given: Case) {
  const { cell, params, sequence } = given;
  const steps = sequence.shape[0]!;
  const rows = 2 ** (steps * cell.decisions.length * cell.units);
  const bit = (t: number, place: number) => {
    const from = (t * cell.decisions.length + place) * cell.units;
    return float64(Array.from({ length: rows }, (_, n) => Array.from({ length: cell.units }, (_, j) => (n >> (from + j)) & 1))); // biome-ignore format: one line
  };
  const bits = Array.from({ length: steps }, (_, t) => cell.decisions.map((_, place) => bit(t, place)));
  return { bits, ...replayed(cell, params, copiesOf(given, rows), bits) };
}

/** E[loss] and its gradient: Σ P(b) L(b) over all decisions b, differentiated. The estimators have no part in it. */
function truth(given: Case): number[][] {
  const { bits, outputs, seen } = everyDecision(given);
  const logs = seen.flatMap((own, t) => own.map((a, place) => sum(bernoulliNll(a, bits[t]![place]!), 1)));
  const expected = sum(mul(exp(neg(logs.reduce((p, q) => add(p, q)))), lossOf(outputs)));
  return numbers([expected, ...gradients(expected, wanted(given))]);
}

/** The quadrature over one uniform draw of a unit, given all pre-activations that it may have. */
type Rule = (reached: readonly number[]) => Axis;
interface Noise {
  /** One rule for each decision of a step. */
  readonly rules: readonly Rule[];
  /** Draws of each decision. */
  readonly draws: number;
}

/** One number of the noise: which draw of which unit, of a decision at a step. */
interface Drawn {
  readonly step: number;
  readonly place: number;
  readonly axis: Axis;
}
interface Point {
  readonly probability: number;
  readonly nodes: readonly number[];
}

/** The numbers of the noise of all steps, draw by draw and unit by unit. Samples that an estimator compares meet one noise at different pre-activations. */
function drawnIn(given: Case, { rules, draws }: Noise): Drawn[] {
  const { cell } = given;
  const { seen } = everyDecision(given);
  return seen.flatMap((own, step) =>
    own.flatMap((a, place) => {
      const all = value(a);
      const reached = (j: number) => [...new Set(all.filter((_, n) => n % cell.units === j).map((v) => Number(v.toFixed(12))))]; // biome-ignore format: one line
      const axes = Array.from({ length: cell.units }, (_, j) => rules[place]!(reached(j)));
      return Array.from({ length: draws }, () => axes.map((axis) => ({ step, place, axis }))).flat();
    }),
  );
}

/** Every combination of nodes, with its probability. */
const pointsOf = (drawn: readonly Drawn[]): Point[] =>
  drawn.reduce<Point[]>(
    (points, { axis }) =>
      points.flatMap(({ probability, nodes }) =>
        axis.nodes.map((node, k) => ({ probability: probability * axis.weights[k]!, nodes: [...nodes, node] })),
      ),
    [{ probability: 1, nodes: [] }],
  );

/** What the estimators say of the loss and its gradient, on average over their noise. */
function expectedEstimate(given: Case, noise: Noise, run = estimates): number[][] {
  const drawn = drawnIn(given, noise);
  return meanOver(given, drawn, pointsOf(drawn), run);
}

function meanOver(given: Case, drawn: readonly Drawn[], points: readonly Point[], run = estimates): number[][] {
  const { cell, sequence } = given;
  const { units } = cell;
  const keyOfPoints = keyOfSteps(
    Array.from({ length: sequence.shape[0]! }, (_, step) =>
      cell.decisions.map((_, place) => {
        const at = drawn.flatMap((each, i) => (each.step === step && each.place === place ? [i] : []));
        return Array.from(
          { length: at.length / units },
          (_, d) =>
          array(points.map(({ nodes }) => at.slice(d * units, (d + 1) * units).map((i) => nodes[i]!)), { dtype: "float64" }), // biome-ignore format: one line
        );
      }),
    ),
  );
  const loss = run(given, keyOfPoints, points.length);
  const mean = sum(mul(loss, float64(points.map(({ probability }) => probability))));
  return numbers([mean, ...gradients(mean, wanted(given))]);
}

/** The losses [rows] of copies of the sequence, one for each point of the noise. */
function estimates(given: Case, noise: Key, rows: number): Tensor {
  const { cell, params, sequence } = given;
  const states = stateTensors(statesThroughTime(cell.decisions, sequence.shape[0]!, key(9)));
  const x = copiesOf(given, rows);
  return throughTime({ ...{ cell, params, x, mode: "live", states }, key: noise, rows }, ({ outputs }) => lossOf(outputs)).loss; // biome-ignore format: one line
}

const firingCase = (estimator: EstimatorConfig, units = 2, steps = 3): Case => ({
  cell: firing(units, estimator),
  params: { recurrent: units === 2 ? float64([[0, -1.2], [0.8, 0]]) : float64([[0.8]]) }, // biome-ignore format: a matrix
  sequence: slice(float64([[0.3, -0.8], [0.6, 0.1], [-0.4, 0.2]]), [0, 0], [steps, units]), // biome-ignore format: steps
});
const memoryCase = (keep: EstimatorConfig, read: EstimatorConfig): Case => {
  const cell = gatedMemory(2, 1, keep, read);
  return { cell, params: parametersOf(cell, key(2)), sequence: float64([[0.3, -0.8], [0.6, 0.1]]) }; // biome-ignore format: steps
};
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const one: Rule = (reached) => cells(reached.map(sigmoid));
const pair: Rule = (reached) => cells(reached.flatMap((a) => [sigmoid(a), sigmoid(-a)]));
const nothing: Rule = () => cells([]);

const close = (received: readonly number[][], expected: readonly number[][], digits: number): void =>
  expected.forEach((row, i) => row.forEach((v, j) => expect(received[i]![j]).toBeCloseTo(v, digits)));

describe("the mean over all noise is the gradient of the expected loss:", () => {
  const baseline = "score-function-moving-average";
  const two = { name: "leave-one-out", samples: 2 } as const;
  test.each<[string, Case, readonly Rule[], number]>([
    ["score function", firingCase("score-function"), [one], 1],
    ["ARM", firingCase("arm", 2, 2), [pair], 1],
    ["DisARM", firingCase("disarm"), [pair], 1],
    ["leave-one-out, two units", firingCase(two, 2, 2), [one], 2],
    ["leave-one-out, three steps", firingCase(two, 1), [one], 2],
    ["local expectation", firingCase("local-expectation"), [one], 1],
    ["enumeration", firingCase("exact"), [nothing], 1],
    ["two gates in a step, DisARM and the score function", memoryCase("disarm", "score-function"), [pair, one], 1],
    ["two gates in a step, a moving average and enumeration", memoryCase(baseline, "exact"), [one, nothing], 1],
  ])("%s", (_, given, rules, draws) => {
    close(expectedEstimate(given, { rules, draws }), truth(given), 12);
  });

  test("REBAR, whose relaxed outputs are met by the noise of the next step", () => {
    const given = firingCase("rebar", 1, 2);
    const [x1, x2] = value(given.sequence) as [number, number];
    const smooth = (reached: readonly number[]): Axis => gaussPanels([0, ...reached.map(sigmoid).sort((p, q) => p - q), 1], 3); // biome-ignore format: one line
    const first = smooth([x1]);
    /** σ(z/τ + aτ/(τ + 1)) with τ = ½, z the noisy pre-activation. */
    const relaxed = (u: number): number => sigmoid(2 * (x1 - Math.log(u / (1 - u))) + x1 / 3);
    const points = first.nodes.flatMap((u, k): Point[] => {
      const second = smooth([x2, x2 + 0.8, x2 + 0.8 * relaxed(u)]);
      return second.nodes.map((v, l) => ({ probability: first.weights[k]! * second.weights[l]!, nodes: [u, v] }));
    });
    const drawn = [0, 1].map((step) => ({ step, place: 0, axis: first }));
    close(meanOver(given, drawn, points), truth(given), 5);
  });
});

describe("straight-through in time", () => {
  const given = firingCase("straight-through");
  test("has the loss of its samples, and the mean and the bias of its definition, by enumeration", () => {
    const { cell, params } = given;
    const { bits, seen } = everyDecision(given);
    // The backward pass takes each decision for the identity: that of a network whose units are linear, at the outputs that were sampled.
    const rows = bits[0]![0]!.shape[0]!;
    const x = copiesOf(given, rows);
    const sent: Tensor[] = [];
    let h: Tensor = constant(NdArray.zeros([rows, 2], "float64"));
    for (let t = 0; t < 3; t++) {
      const a = add(reshape(slice(x, [0, t], [rows, t + 1]), [rows, 2]), matmul(h, params.recurrent!));
      h = add(a, stopGradient(sub(bits[t]![0]!, a)));
      sent.push(h);
    }
    const logs = seen.flatMap((own, t) => own.map((a) => sum(bernoulliNll(a, bits[t]![0]!), 1)));
    const weights = stopGradient(exp(neg(logs.reduce((p, q) => add(p, q)))));
    const mean = sum(mul(weights, lossOf(stack(sent, 1))));
    const definition = numbers([mean, ...gradients(mean, wanted(given))]);
    const right = truth(given);
    close([definition[0]!], [right[0]!], 12);
    close(expectedEstimate(given, { rules: [one], draws: 1 }), definition, 12);
    const biases = definition.slice(1).map((row, i) => row.map((v, j) => v - right[1 + i]![j]!));
    expect(Math.max(...biases.flat().map(Math.abs))).toBeGreaterThan(0.05);
    expect(cell.decisions.every(isLocal)).toBe(true);
  });

  test("is the same within one loop as step by step", () => {
    const cell = gatedMemory(2, 2, "straight-through", "concrete");
    const params = parametersOf(cell, key(2));
    const x = float64([[[0.3, -0.8], [0.6, 0.1]], [[-0.4, 1.2], [0.9, -0.7]]]); // biome-ignore format: steps
    const noise = { key: key(5), rows: 2 };
    const loop = lossOf(runCell(cell, params, x, { decide: trainedLocally(noise) }).outputs);
    const given = { ...noise, cell, params, x, mode: "live", states: {} } as const;
    const steps = throughTime(given, ({ outputs }) => lossOf(outputs)).loss;
    const of = (loss: Tensor) => numbers([loss, ...gradients(sum(loss), [x, ...Object.values(params)])]);
    close(of(loop), of(steps), 12);
  });
});

describe("what a training step costs", () => {
  const run = (name: EstimatorConfig, steps: number, units = 3) => [
    { decisions: firing(units, name).decisions, steps },
  ];
  test.each<[EstimatorConfig, number, number, number]>([
    // Three steps are run; before each decision the step is traced to its pre-activations.
    ["straight-through", 3, 3, 3],
    ["score-function", 3, 6, 6],
    // A second sample at each step runs all later steps plainly.
    ["disarm", 3, 6 + 6, 6 + 6],
    [{ name: "leave-one-out", samples: 5 }, 3, 6 + 6, 6 + 4 * 6],
  ])("with %o for %i steps: %i steps traced, on %i copies of the batch", (name, steps, traced, copies) => {
    expect(costThroughTime(run(name, steps))).toEqual({ traced, copies });
  });

  test("is counted as it is: steps of the cell that are traced", () => {
    for (const name of ["score-function", "disarm", "rebar", "local-expectation", "muprop"] as const) {
      const cell = firing(2, name);
      let traced = 0;
      const step: Cell["step"] = (...of) => {
        traced++;
        return cell.step(...of);
      };
      const counting: Cell = { ...cell, step };
      const x = constant(NdArray.zeros([2, 4, 2]));
      const params = { recurrent: constant(NdArray.zeros([2, 2])) };
      const states = Object.fromEntries(Object.entries(statesThroughTime(cell.decisions, 4, key(1))).map(([n, s]) => [n, constant(s)])); // biome-ignore format: one line
      throughTime({ ...{ cell: counting, params, x, mode: "live", states }, key: key(5), rows: 2 }, ({ outputs }) => sum(reshape(outputs, [outputs.shape[0]!, 8]), 1)); // biome-ignore format: one line
      expect([name, traced]).toEqual([name, costThroughTime(run(name, 4, 2)).traced]);
    }
  });

  test("is bounded, with the longest length that is allowed", () => {
    const check = (name: EstimatorConfig, steps: number) => () => checkThroughTime("net", run(name, steps));
    const [, most] = /take at most (\d+) steps/.exec(messageOf(check("disarm", 500)))!;
    expect(check("disarm", Number(most))).not.toThrow();
    expect(check("disarm", Number(most) + 1)).toThrow("net: disarm runs all later steps again at each step");
    expect(check("straight-through-slope", 1e6)).not.toThrow();
    expect(check("rebar", 30)).toThrow("net: rebar");
    expect(check("rodeo", 6)).not.toThrow();
    expect(messageOf(check("rodeo", 7))).toMatch(/at most 3\d\d steps on .*; take at most 6 steps/);
    expect(check("exact", 12)).toThrow("copies of the batch");
  });
});

function messageOf(f: () => void): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
