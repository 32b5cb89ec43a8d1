import { beforeAll, describe, expect, it } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { labelledSplit } from "../data/testing.ts";
import { NdArray } from "../graph/index.ts";
import { autoencoder, classes, evidence, gatedMlp, gaussian } from "../models/index.ts";
import { mlp } from "../models/mlp.ts";
import { inspect, type ReportedRun, report } from "./index.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
// Two units that read one pixel each: a₁ = 2x₁ − 1, a₂ = −3x₂.
const params = [
  { weight: new NdArray(Float32Array.of(2, 0, 0, -3), [2, 2]), bias: new NdArray(Float32Array.of(-1, 0), [2]) },
  { weight: NdArray.zeros([2, 2]), bias: NdArray.zeros([2]) },
];
const split = labelledSplit("valid", [0, 1, 1, 0], [0, 1], [1, 2]);
const look = (estimator: "straight-through" | "sigmoid" | "rectifier") =>
  inspect(mlp({ input: [1, 2], hidden: [{ units: 2, estimator }], classes: 2 }), params, split, {
    backend: referenceBackend(),
  });

describe("inspect", () => {
  it("gives each unit's incoming weights, one row a unit", () => {
    expect(look("sigmoid")!.weights.map((w) => [...w])).toEqual([
      [2, 0],
      [0, -3],
    ]);
  });

  it("averages firing rates over the examples: of σ(a), and of a > 0", () => {
    const expected = [(sigmoid(-1) + sigmoid(1)) / 2, (sigmoid(-3) + sigmoid(0)) / 2];
    const binary = look("straight-through")!;
    expect(binary.measure).toBe("firing rate");
    expected.forEach((rate, i) => expect(binary.activity[i]).toBeCloseTo(rate, 6));
    expect([...look("rectifier")!.activity]).toEqual([0.5, 0]);
  });

  it("takes the mean output of units that send something all the time", () => {
    const { measure, activity } = look("sigmoid")!;
    expect(measure).toBe("mean output");
    expect(activity[1]).toBeCloseTo((sigmoid(-3) + 0.5) / 2, 6);
  });

  it("has nothing to show of a network without hidden layers", () => {
    const linear = mlp({ input: 2, hidden: [], classes: 2 });
    const none = [{ weight: NdArray.zeros([2, 2]), bias: NdArray.zeros([2]) }];
    expect(inspect(linear, none, split, { backend: referenceBackend() })).toBeUndefined();
  });
});

describe("inspect of other networks", () => {
  const on = { backend: referenceBackend() };
  const three = labelledSplit("valid", [0, 1, 1, 0, 1, 0], [0, 1], [3]);
  const one = { ...split, size: 2, fields: { x: split.fields.x } };

  it("takes the encoder's weights of an autoencoder, and the firing rates of its latents", () => {
    const model = autoencoder({ mean: [0.5, 0.5], network: "linear", latents: 3, estimator: "disarm" });
    const { params } = model.init(1);
    const { weights, activity, measure } = inspect(model, params, one, on)!;
    expect(weights).toHaveLength(3);
    const { data } = params[0]!.weight!;
    expect([...weights[1]!]).toEqual([data[1], data[4]]);
    const bias = params[0]!.bias!.data[2]!;
    const at = (x: readonly number[]) => sigmoid(bias + x.reduce((a, v, j) => a + (v - 0.5) * data[3 * j + 2]!, 0));
    expect(activity[2]).toBeCloseTo((at([0, 1]) + at([1, 0])) / 2, 6);
    expect(measure).toBe("firing rate");
  });

  it("shows no weights of a first layer that isn't a map of all inputs, such as a tree", () => {
    const gated = [
      { blocks: 4, gater: { name: "tree" }, gate: { name: "categorical-straight-through", classes: 4 } },
    ] as const;
    const model = gatedMlp({ input: 3, gated, classes: 2 });
    const { weights, activity } = inspect(model, model.init(1).params, three, on)!;
    expect(weights).toEqual([]);
    // One gate of four is open.
    expect(activity.reduce((sum, rate) => sum + rate)).toBeCloseTo(1, 6);
  });
});

describe("report", () => {
  const score = { nll: 0.5, error: 12.345 };
  const scores = { stochastic: { nll: 1, error: 20.5 }, deterministic: score };
  const ranOn = [{ backend: "reference", instructionSet: "plain TypeScript", precision: "float32" }] as const;
  const epoch = { ranOn, step: 1, train: score, valid: scores, examplesPerSecond: 1000, seconds: 1 };
  const run = (name: string): ReportedRun => ({
    name,
    cards: mlp({ input: 2, hidden: [{ units: 2, estimator: "straight-through" }], classes: 2 }).layers.flatMap(
      ({ estimator }) => (estimator ? [estimator.card] : []),
    ),
    config: { seed: 7, note: "</pre>" },
    result: {
      run: null,
      seed: 7,
      epochs: 2,
      parameters: 9,
      train: { nll: Number.NaN, error: 1 },
      valid: score,
      test: scores,
      examplesPerSecond: 12345,
      seconds: 3.21,
      ranOn,
    },
    selectedEpoch: 2,
    history: [
      { epoch: 1, ...epoch },
      { epoch: 2, ...epoch },
    ],
    insides: look("straight-through"),
  });
  let html: string;
  beforeAll(async () => {
    html = await report({
      title: "a < b",
      question: "Which & why?",
      caveats: ["Short."],
      runs: [run("one"), run("two")],
      head: classes(2),
      inputShape: [1, 2],
      made: [["seed", "7"]],
    });
  });

  it("holds the numbers, rounded, and a dash where there is none", () => {
    expect(html).toContain("<td>–</td><td>12.35</td><td>12.35</td><td>20.50</td><td>2</td><td>12,345</td><td>3.2</td>");
  });

  it("stands alone: no scripts, nothing loaded from elsewhere", () => {
    expect(html).not.toMatch(/<script|<link|@import|(src|href)="(?!data:|https:\/\/(arxiv|doi|proceedings))/);
    expect(html).toContain("prefers-color-scheme: dark");
  });

  it("shows for each method its formula, source, weights, rates and config", () => {
    expect(html.match(/∂L\/∂a ≈ ∂L\/∂h/g)).toHaveLength(2);
    expect(html.match(/<img [^>]*data:image\/png/g)).toHaveLength(2);
    expect(html.match(/firing rate of a unit/g)).toHaveLength(2);
    expect(html).toContain('<a href="https://arxiv.org/abs/1308.3432">');
    expect(html.match(/&#34;seed&#34;: 7/g)).toHaveLength(2);
  });

  it("has no section of methods where no run has one to show", async () => {
    const bare = { ...run("lstm"), cards: [], insides: undefined };
    const given = { title: "t", question: "q", caveats: [], head: classes(2), inputShape: [1, 2], made: [] };
    expect(await report({ ...given, runs: [bare] })).not.toMatch(/The method|Pictures:/);
    expect(html).toMatch(/The methods[\s\S]*Pictures:/);
  });

  it("says how many gates are open in both readouts, where there are any", async () => {
    expect(html).not.toContain("layer of gates");
    const gatesOf = (open: number, dead: number) => ({ gates: [{ open, dead }] });
    const gated: ReportedRun = {
      ...run("gated"),
      result: {
        ...run("gated").result,
        valid: { ...score, ...gatesOf(0.1004, 3) },
        test: {
          deterministic: { ...score, ...gatesOf(0.0996, 4) },
          stochastic: { ...score, ...gatesOf(0.305, 0) },
        },
      },
    };
    const page = await report({
      title: "gates",
      question: "How many?",
      caveats: [],
      runs: [run("one"), gated],
      head: classes(2),
      inputShape: [1, 2],
      made: [],
    });
    expect(page).toContain(
      "<td>gated, 1</td><td>10.04</td><td>9.96</td><td>30.50</td><td>4</td><td>0</td></tr></tbody>",
    );
  });

  it("has the metrics of the head: its titles, units and readouts, and a curve for each", async () => {
    const { result, history, ...rest } = run("bound");
    const elbo = { elbo: -98.76543 };
    const both = { stochastic: elbo, deterministic: elbo };
    const page = await report({
      ...{ title: "bound", question: "How tight?", caveats: [], inputShape: [1, 2], made: [], head: evidence() },
      runs: [
        {
          ...{ ...rest, insides: undefined, result: { ...result, train: elbo, valid: elbo, test: both } },
          history: history.map(({ step }) => ({
            ranOn,
            step,
            epoch: 1,
            train: elbo,
            valid: both,
            examplesPerSecond: 1,
            seconds: 1,
          })),
        },
      ],
    });
    expect(page).toContain("<th>validation ELBO (nats)<br>stochastic</th><th>test ELBO (nats)<br>stochastic</th>");
    expect(page).toContain("<td>-98.7654</td><td>-98.7654</td><td>-98.7654</td><td>2</td>");
    expect(page).toContain("the highest validation ELBO. ELBO (nats): higher is better.");
    // Two validations in one epoch, and values below 0.
    expect(page).toContain("Validation ELBO, with the stochastic readout, by step.");
    expect(page).not.toMatch(/deterministic<\/th>|logarithmic|firing rate of/);
  });

  it("has a column and a curve for a metric that neither selects nor is trained on", async () => {
    const { result, history, ...rest } = run("values");
    const score = { nll: 1.5, rmse: 0.25 };
    const both = { stochastic: { nll: 2.5, rmse: 0.75 }, deterministic: score };
    const page = await report({
      ...{ title: "values", question: "How far?", caveats: [], inputShape: [2], made: [], head: gaussian(1) },
      runs: [
        {
          ...{ ...rest, result: { ...result, train: score, valid: score, test: both } },
          history: history.map(({ step, epoch }) => ({
            ranOn,
            step,
            epoch,
            train: score,
            valid: both,
            examplesPerSecond: 1,
            seconds: 1,
          })),
        },
      ],
    });
    expect(page).toContain("<td>1.5000</td><td>1.5000</td><td>1.5000</td><td>2.5000</td><td>0.2500</td><td>2</td>");
    expect(page).toContain("Validation RMSE, with the deterministic readout, by epoch; logarithmic axis.");
    // Inputs that aren't images have no pictures of weights.
    expect(page).not.toMatch(/<img /);
    expect(page).toContain("firing rate of a unit");
  });

  it("escapes what it is given", () => {
    expect(html).toContain("<h1>a &#60; b</h1>");
    expect(html).toContain("Which &#38; why?");
    expect(html).toContain("&#60;/pre&#62;");
  });
});
