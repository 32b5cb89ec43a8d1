import { describe, expect, test } from "vitest";
import { evaluate, sigmoid, type Tensor } from "../graph/index.ts";
import type { Decide, Named } from "./cell.ts";
import { type CellConfig, cellFor } from "./index.ts";
import { filled, someInputs, someParameters, unroll } from "./testing/unroll.ts";

const sizes = { inputs: 2, units: 3 };
const make = (config: CellConfig) => cellFor(config, sizes);
const x = someInputs(4, [2, 2]);
const rows = (tensor: Tensor): number[][] => {
  const [value] = evaluate([tensor]);
  const size = value!.data.length / value!.shape[0]!;
  return Array.from({ length: value!.shape[0]! }, (_, t) => [...value!.data.slice(t * size, (t + 1) * size)]);
};
const outputs = (config: CellConfig, params: Named<Tensor>, decide?: Decide) =>
  rows(unroll(make(config), params, x, decide).outputs);
const close = (received: number[][], wanted: number[][], digits = 14) =>
  received.flat().forEach((value, i) => expect(value).toBeCloseTo(wanted.flat()[i]!, digits));
/** Parameters under other names. */
const renamed = (params: Named<Tensor>, names: Record<string, string>): Named<Tensor> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const [neuron, part] = name.split(".") as [string, string];
      return [`${names[neuron] ?? neuron}.${part}`, value];
    }),
  );

describe("gru", () => {
  test("its two resets agree where the gate is 1 and the candidate's inner bias 0, bit for bit", () => {
    const params = someParameters(make({ name: "gru" }));
    const given = { ...params, "candidate.recurrent-bias": filled(0, { shape: [3] }) };
    const open: Decide = (_, a) => filled(1, a);
    const resetEstimator = "threshold";
    const after = outputs({ name: "gru", resetEstimator }, given, open);
    close(outputs({ name: "gru", reset: "before", resetEstimator }, given, open), after, 15);
    expect(outputs({ name: "gru", reset: "before" }, given)).not.toEqual(outputs({ name: "gru" }, given));
  });

  test("with closed update gate and open reset gate is the simple network, bit for bit", () => {
    const params = someParameters(make({ name: "gru", reset: "before" }));
    const decide: Decide = ({ name }, a) => filled(name === "reset" ? 1 : 0, a);
    const simple = renamed(params, { candidate: "unit" });
    expect(outputs({ name: "gru", reset: "before", gates: "threshold" }, params, decide)).toEqual(
      outputs({ name: "rnn" }, simple),
    );
  });
});

describe("janet", () => {
  test("with beta = 0 is an LSTM with coupled gates that shows c, bit for bit", () => {
    const params = someParameters(make({ name: "janet" }));
    const lstm = { name: "lstm", inputGate: "coupled", outputGate: false, activation: "linear" } as const;
    expect(outputs({ name: "janet", beta: 0 }, params)).toEqual(outputs(lstm, params));
    expect(outputs({ name: "janet" }, params)).not.toEqual(outputs(lstm, params));
  });

  test("beta lets in 1 - σ(s - beta) of the candidate", () => {
    const one = cellFor({ name: "janet", beta: 0.6 }, { inputs: 1, units: 1 });
    const params = Object.fromEntries(
      one.parameters.map(({ name, shape }, i) => [name, filled(0.3 + 0.1 * i, { shape })]),
    );
    const { outputs: received } = unroll(one, params, [filled(0.5, { shape: [1, 1] })]);
    const s = 0.5 * 0.3 + 0.5;
    const g = Math.tanh(0.5 * 0.6 + 0.8);
    const wanted = (1 - 1 / (1 + Math.exp(-(s - 0.6)))) * g;
    expect(rows(received)[0]![0]).toBeCloseTo(wanted, 14);
  });
});

test("minimal-gated is a GRU, reset before the product, whose reset gate is its update gate's opposite", () => {
  const params = someParameters(make({ name: "minimal-gated" }));
  const { "forget.input": w, "forget.recurrent": u, "forget.bias": b, ...rest } = params;
  const gates = {
    "reset.input": w!, "reset.recurrent": u!, "reset.bias": b!,
    "update.input": w!.neg(), "update.recurrent": u!.neg(), "update.bias": b!.neg(),
  }; // biome-ignore format: a table
  close(outputs({ name: "gru", reset: "before" }, { ...gates, ...rest }), outputs({ name: "minimal-gated" }, params));
});

test("minimal sees nothing of the past in its code: with closed gate its output is tanh(x W + b)", () => {
  const params = someParameters(make({ name: "minimal" }));
  const received = outputs({ name: "minimal", gates: "threshold" }, params, (_, a) => filled(0, a));
  const code = { "unit.input": params["candidate.input"]!, "unit.bias": params["candidate.bias"]!, "unit.recurrent": filled(0, { shape: [3, 3] }) }; // biome-ignore format: one line
  expect(received).toEqual(outputs({ name: "rnn" }, code));
});

describe("liquid", () => {
  test("solves its equation: with more unfolds it comes nearer to many small steps, with order 1", () => {
    const params = someParameters(make({ name: "liquid" }));
    const last = (unfolds: number) =>
      rows(unroll(make({ name: "liquid", unfolds }), params, x.slice(0, 1)).outputs)[0]!;
    const truth = (() => {
      const [coarse, fine] = [last(50), last(100)];
      return fine.map((value, i) => 2 * value - coarse[i]!);
    })();
    const error = (unfolds: number): number =>
      Math.max(...last(unfolds).map((value, i) => Math.abs(value - truth[i]!)));
    const [three, six, twelve] = [3, 6, 12].map(error);
    expect(three! / six!).toBeGreaterThan(1.7);
    expect(six! / twelve!).toBeGreaterThan(1.8);
    expect(six! / twelve!).toBeLessThan(2.2);
  });

  test("with closed conductances forgets by 1 / (1 + r dt / unfolds) at each unfold", () => {
    const cell = cellFor({ name: "liquid", unfolds: 2, dt: 0.5 }, { inputs: 1, units: 1 });
    const params = {
      "leak.bias": filled(0.3, { shape: [1] }),
      "reversal.bias": filled(2, { shape: [1] }),
      "conductance.input": filled(0, { shape: [1, 1] }),
      "conductance.recurrent": filled(0, { shape: [1, 1] }),
      "conductance.bias": filled(-1000, { shape: [1] }),
    };
    const { state } = cell.step(params, { v: filled(1, { shape: [1, 1] }) }, cell.project(params, filled(3, { shape: [1, 1] })), () => filled(0, { shape: [1, 1] })); // biome-ignore format: one line
    expect(rows(state.v!)[0]![0]).toBeCloseTo((1 + 0.25 * Math.log1p(Math.exp(0.3))) ** -2, 14);
  });
});

test("closed-form: with its gate at 0 and 1 it is one simple network and the other, bit for bit", () => {
  const params = someParameters(make({ name: "closed-form" }));
  const config = { name: "closed-form", gates: "threshold" } as const;
  for (const [gate, neuron] of [[0, "start"], [1, "end"]] as const) // biome-ignore format: one line
    expect(outputs(config, params, (_, a) => filled(gate, a))).toEqual(
      outputs({ name: "rnn" }, renamed(params, { [neuron]: "unit" })),
    );
});

describe("skip", () => {
  const config = { name: "skip", cell: { name: "lstm" } } as const;
  const params = someParameters(make(config));

  test("whose gate is always open is the cell within, bit for bit", () => {
    expect(outputs(config, params, (_, a) => filled(1, a))).toEqual(outputs({ name: "lstm" }, params));
  });

  test("copies the state where the gate is closed, bit for bit, and goes on from it", () => {
    let t = 0;
    const received = outputs(config, params, (_, a) => filled([1, 0, 0, 1][t++]!, a));
    expect(received[1]).toEqual(received[0]);
    expect(received[2]).toEqual(received[0]);
    const taken = rows(unroll(make({ name: "lstm" }), params, [x[0]!, x[3]!]).outputs);
    expect(received[3]).toEqual(taken[1]);
  });

  test("the first step is taken, and the probability adds up while steps are skipped", () => {
    const seen: number[][] = [];
    const asked: Tensor[] = [];
    const { states } = unroll(make(config), params, x, (_, a) => {
      asked.push(sigmoid(a));
      return filled(asked.length === 1 ? 1 : 0, a);
    });
    for (const p of asked) seen.push(rows(p).flat());
    expect(Math.min(...seen[0]!)).toBeGreaterThan(1 - 2e-6);
    const sums = states.map(({ p }) => rows(p!).flat());
    for (const i of [0, 1]) {
      const d = sums[0]![i]!;
      expect(d).toBeGreaterThan(0);
      expect(sums[1]![i]).toBeCloseTo(Math.min(2 * d, 1), 12);
      expect(sums[2]![i]).toBeCloseTo(Math.min(3 * d, 1), 12);
      expect(seen[1]![i]).toBeCloseTo(d, 6);
    }
  });
});
