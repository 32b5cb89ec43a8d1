import { describe, expect, test } from "vitest";
import { add, array, constant, evaluate, gradients, mul, sigmoid, sum, type Tensor } from "../graph/index.ts";
import { spec } from "../options/index.ts";
import { parseFlag } from "../options/text.ts";
import { key } from "../random/index.ts";
import { trainedLocally } from "./decide.ts";
import { type Cell, type CellConfig, cellFamily, cellFor, type Named } from "./index.ts";
import { runCell } from "./run.ts";
import { decayOf, type SpikingOptions } from "./spiking.ts";
import { backward, type HandOptions, type HandWeights, simulate } from "./testing/spiking-by-hand.ts";
import { gradientErrorOf, someParameters } from "./testing/unroll.ts";

type Options = Partial<SpikingOptions> & { readonly adaptation?: number; readonly adaptationTau?: number };
const sizes = { inputs: 3, units: 2 };
const spiking = (name: "lif" | "alif", options: Options): Cell => cellFor({ name, ...options } as CellConfig, sizes);

const ROWS = [
  [0.1, -0.2, 0],
  [1, 0.2, 1.4],
  [0.3, 1, 0.9],
  [1, 1, 0],
  [0, -0.4, 1],
  [1, 0.6, 1],
  [0.2, 1, 0.5],
  [1, 0, 1.4],
];
const sequence = (rows: readonly (readonly number[])[]): Tensor =>
  constant(array([rows as number[][]], { dtype: "float64" }));

/** Parameters that make units spike now and then. */
function weightsOf(cell: Cell): { params: Named<Tensor>; drive: HandWeights[] } {
  const params = Object.fromEntries(
    Object.entries(someParameters(cell, 3)).map(([name, value]) => [
      name,
      /^(current|excitation).input$/.test(name) ? add(value, 0.4) : value,
    ]),
  );
  const rows = (name: string): number[][] | undefined => {
    if (!params[name]) return undefined;
    const { data, shape } = evaluate([params[name]])[0]!;
    return Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);
  };
  const names = [...new Set(cell.parameters.map(({ name }) => name.split(".")[0]!))].filter((name) => name !== "rate");
  const drive = names.map((name) => ({
    input: rows(`${name}.input`)!,
    ...(params[`${name}.recurrent`] && { recurrent: rows(`${name}.recurrent`)! }),
    bias: [...evaluate([params[`${name}.bias`]!])[0]!.data],
  }));
  return { params, drive };
}

const handOptions = ({ adaptation, adaptationTau, ...options }: Options): HandOptions => ({
  ...Object.fromEntries(Object.entries(options).filter(([name]) => !["spike", "tau", "synapseTau"].includes(name))),
  beta: decayOf(options.tau ?? 10, 1),
  alpha: decayOf(options.synapseTau ?? 5, 1),
  ...(adaptation && { adaptation: { strength: adaptation, rho: decayOf(adaptationTau!, 1) } }),
});

const synapses: Options[] = [
  {},
  { synapse: "current", synapseTau: 3 },
  { synapse: "conductance", synapseTau: 2, excitation: 8, inhibition: -0.7, threshold: 0.4 },
  { decayInput: true, threshold: 0.12 },
];
const variants = synapses.flatMap((synapse) =>
  (["subtraction", "zero", "none"] as const).flatMap((reset) =>
    [true, false].flatMap((recurrent): ["lif" | "alif", Options][] => [
      ["lif", { threshold: 0.8, tau: 4, ...synapse, reset, recurrent }],
      ["alif", { threshold: 0.6, tau: 4, ...synapse, reset, recurrent, adaptation: 0.5, adaptationTau: 6 }],
    ]),
  ),
);

describe("a cell that spikes", () => {
  test.each(variants)(
    "%s %j: spikes and voltages are those of the simulation by hand, to the last bit",
    (name, options) => {
      const cell = spiking(name, options);
      const { params, drive } = weightsOf(cell);
      const { outputs, state } = runCell(cell, params, sequence(ROWS));
      const hand = simulate(drive, ROWS, handOptions(options));
      const [spikes, voltage] = evaluate([outputs, state.V!]).map(({ data }) => [...data]);
      expect(spikes).toEqual(hand.flatMap(({ s }) => s));
      expect(new Set(spikes)).toEqual(new Set([0, 1]));
      // e^(total · log β) and β^total differ by rounding
      if (options.synapse === "conductance") voltage!.forEach((v, i) => expect(v).toBeCloseTo(hand.at(-1)!.v[i]!, 12));
      else expect(voltage).toEqual(hand.at(-1)!.v);
    },
  );

  const ways = ["fixed", "shared", "per-unit", "modulated"] as const;
  // Each synapse, reset and way of learning with several of the others.
  const smooth = variants.filter((_, i) => i % 5 < 2).map(([name, options], i) => [name, { ...options, timeConstant: ways[i % 4]! }] as const); // biome-ignore format: one
  test.each(smooth)(
    "%s %j: every parameter's gradient beside central differences, where spikes are smooth",
    (name, options) => {
      const cell = spiking(name, { ...options, sharpness: 1.7, resetGradient: true });
      expect(gradientErrorOf(cell, (_, a) => sigmoid(a))).toBeLessThan(1e-8);
    },
  );

  test.each(variants.filter(([, { synapse }]) => synapse !== "conductance"))(
    "%s %j: the surrogate gradient is that of a backward pass by hand over 3 steps",
    (name, options) => {
      for (const resetGradient of [false, true]) {
        const given = { ...options, resetGradient, sharpness: 1.3 };
        const cell = spiking(name, { ...given, spike: { name: "threshold", slope: "triangle", steepness: 0.4 } });
        const { params, drive } = weightsOf(cell);
        const rows = ROWS.slice(0, 3);
        const toSpikes = [[0.7, -0.4], [0.2, 1.1], [-0.9, 0.5]]; // biome-ignore format: steps
        const steps = simulate(drive, rows, handOptions(given));
        expect(new Set(steps.flatMap(({ s }) => s)).size).toBe(2);
        const slope = (a: number) => Math.max(0, 1 - 0.4 * Math.abs(a));
        const wanted = backward(drive[0]!, steps, toSpikes, { ...handOptions(given), slope });
        const decide = trainedLocally({ key: key(0), rows: 1 });
        const { outputs } = runCell(cell, params, sequence(rows), { decide });
        const loss = sum(mul(outputs, sequence(toSpikes)));
        const names = cell.parameters.map((parameter) => parameter.name);
        const found = evaluate(
          gradients(
            loss,
            names.map((parameter) => params[parameter]!),
          ),
        );
        names.forEach((parameter, i) => {
          const part = wanted[parameter.split(".")[1] as keyof typeof wanted].flat();
          found[i]!.data.forEach((g, n) => expect(g, `${parameter} ${n}`).toBeCloseTo(part[n]!, 13));
        });
      }
    },
  );

  test("gradient flows through the reset where it is asked for, and only there", () => {
    const gradient = (resetGradient: boolean) => {
      const cell = spiking("lif", { resetGradient, recurrent: false, threshold: 0.8, tau: 4 });
      const { params } = weightsOf(cell);
      const { outputs } = runCell(cell, params, sequence(ROWS), { decide: trainedLocally({ key: key(0), rows: 1 }) });
      return evaluate(gradients(sum(outputs), [params["current.input"]!]))[0]!.data;
    };
    expect(gradient(true)).not.toEqual(gradient(false));
  });

  test("a learned time constant is first τ, one for all units or one for each", () => {
    for (const [timeConstant, numbers] of [
      ["shared", 1],
      ["per-unit", 2],
    ] as const) {
      const bias = spiking("lif", { timeConstant, tau: 7 }).init(key(1))["rate.bias"]!;
      expect(bias.shape).toEqual([numbers]);
      bias.data.forEach((b) => expect(1 / Math.log1p(Math.exp(b))).toBeCloseTo(7, 5));
    }
  });

  test("leaky with a spike is lif whose inputs are scaled as leaky's are, bit for bit", () => {
    const spike = { name: "threshold", slope: "arctan" } as const;
    for (const leak of [{}, { method: "euler", dt: 0.5, timeConstant: "modulated" }] as const) {
      const one = cellFor({ name: "leaky", spike, ...leak }, sizes);
      const other = cellFor({ name: "lif", decayInput: true, spike, ...leak }, sizes);
      const { params } = weightsOf(one);
      const [a, b] = [one, other].map((cell) => evaluate([runCell(cell, params, sequence(ROWS)).state.V!])[0]!.data);
      expect(a).toEqual(b);
      expect(one.parameters).toEqual(other.parameters);
    }
    expect(() => cellFor({ name: "leaky", spike, activation: "tanh" }, sizes)).toThrow(
      /^cell leaky: give activation or spike/,
    );
  });

  test("a membrane that is never reset and shows no spikes is leaky's V, bit for bit", () => {
    const lif = cellFor({ name: "lif", recurrent: false, reset: "none", decayInput: true }, sizes);
    const leaky = cellFor({ name: "leaky", recurrent: false, activation: "linear" }, sizes);
    const { params } = weightsOf(lif);
    const [a, b] = [lif, leaky].map((cell) => evaluate([runCell(cell, params, sequence(ROWS)).state.V!])[0]!.data);
    expect(a).toEqual(b);
  });

  test("the command line's text names the slope beside the spike", () => {
    const typed = parseFlag(spec(cellFamily, "a cell"), "leaky:spike=threshold,slope=arctan,tau=5");
    expect(typed).toEqual({ name: "leaky", spike: { name: "threshold", slope: "arctan" }, tau: 5 });
    expect(cellFor(typed as CellConfig, sizes).decisions[0]!.estimator.card.title).toBe("threshold, arctan slope");
  });

  test("options that contradict each other are refused", () => {
    const refusal =
      (options: Options, name: "lif" | "alif" = "lif") =>
      () =>
        spiking(name, options);
    expect(refusal({ synapseTau: 3 })).toThrow(
      "cell lif: synapseTau needs synapse current or conductance, received synapse none",
    );
    expect(refusal({ synapse: "current", excitation: 3 })).toThrow(
      "cell lif: excitation needs synapse conductance, received synapse current",
    );
    expect(refusal({ synapse: "conductance", decayInput: true }, "alif")).toThrow(
      /^cell alif: decayInput is for synapse none or current/,
    );
    expect(refusal({ spike: "categorical-straight-through" })).toThrow(
      /^cell lif: spike needs units that decide one by one/,
    );
    expect(refusal({ tau: 0 })).toThrow(/tau must be/);
  });
});
