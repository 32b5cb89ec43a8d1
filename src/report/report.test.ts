import { beforeAll, describe, expect, it } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { labelledSplit } from "../data/testing.ts";
import { NdArray } from "../graph/index.ts";
import { autoencoder, classes, evidence, gatedMlp, gaussian, values } from "../models/index.ts";
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

/** The numbers of a report of one run, from the top. */
const cellsOf = (page: string): string[] =>
  [...page.matchAll(/<\/td><td>([^<]*)<\/td><\/tr>/g)].map(([, cell]) => cell!);

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

  it("stands alone: nothing loaded from elsewhere", () => {
    expect(html).not.toMatch(
      /<script [^>]|<link|@import|fetch\(|(src|href)="(?!data:|https:\/\/(arxiv|doi|proceedings))/,
    );
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
    expect(await report({ ...given, runs: [bare] })).not.toMatch(/The method|How active|Weights of/);
    expect(html).toMatch(/How active the units are[\s\S]*Weights of the first layer[\s\S]*The methods/);
    // Of a table's columns no image is drawn.
    const table = await report({ ...given, inputShape: [2], runs: [run("mlp")] });
    expect(table).toMatch(/How active the units are[\s\S]*The method/);
    expect(table).not.toMatch(/Weights of|<img /);
  });

  const of = { title: "gates", question: "How many?", caveats: [], head: classes(2), inputShape: [1, 2], made: [] };

  it("says how many gates are open in both readouts, where there are any", async () => {
    expect(html).not.toContain("layer of gates");
    const gatesOf = (open: number, dead: number) => ({ gates: [{ open, dead }] });
    const gated: ReportedRun = {
      ...run("gated"),
      gates: [{ name: "gated-conv1", gates: 8, opens: "highest" }],
      result: {
        ...run("gated").result,
        valid: { ...score, ...gatesOf(0.1004, 3) },
        test: {
          deterministic: { ...score, ...gatesOf(0.0996, 4) },
          stochastic: { ...score, ...gatesOf(0.305, 0) },
        },
      },
    };
    const page = await report({ ...of, runs: [run("one"), gated] });
    expect(page).toContain(
      "<td>gated, gated-conv1</td><td>10.04</td><td>9.96</td><td>30.50</td><td>4 of 8</td><td>0 of 8</td></tr></tbody>",
    );
    expect(page).toContain("those gates open that have the highest scores; there is no threshold.");
    expect(page).not.toContain("opens above a threshold");
    const fitted = { ...gated, gates: [{ name: "gated1", gates: 8, opens: "threshold" as const }] };
    const both = await report({ ...of, runs: [fitted, gated] });
    expect(both).toContain("<td>gated, gated1</td>");
    expect(both).toMatch(/gated1: In the .* opens above a threshold .* gated-conv1: In the .* have the highest scores/);
  });

  it("draws open gates under a heading of their own, by the names of their layers", async () => {
    const at = (open: number) => ({
      ...scores,
      stochastic: { ...scores.stochastic, gates: [{ open }, { open: open / 2 }] },
    });
    const gates = ["gated-conv1", "gated-conv2"].map((name) => ({ name, gates: 8, opens: "highest" as const }));
    const { history } = run("gated");
    const valid = history.map((each, i) => ({ ...each, valid: at(0.5 - i / 10) }));
    const page = await report({ ...of, runs: [{ ...run("gated"), gates, history: valid }] });
    expect(page).toContain("<h2>How many gates are open</h2>");
    expect(page).not.toContain("How often units fire");
    for (const text of ["gated-conv1: 50 at epoch 1", "gated-conv2: 20 at epoch 2"])
      expect(page).toContain(`<title>${text}</title>`);
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
    expect(page).toContain("<td>validation ELBO (nats), stochastic</td>");
    expect(cellsOf(page)).toEqual(["-98.7654", "-98.7654", "-98.7654", "2", "12,345", "3.2"]);
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
    expect(cellsOf(page)).toEqual(["1.5000", "1.5000", "1.5000", "2.5000", "0.2500", "2", "12,345", "3.2"]);
    expect(page).toContain("Validation RMSE, with the deterministic readout, by epoch; logarithmic axis.");
    // Inputs that aren't images have no pictures of weights.
    expect(page).not.toMatch(/<img /);
    expect(page).toContain("firing rate of a unit");
  });

  it("leaves the curve of the MSE out beside that of its root", async () => {
    const { result, history, ...rest } = run("values");
    const score = { mse: 4, rmse: 2 };
    const both = { stochastic: score, deterministic: score };
    const head = values(1, { scale: { name: "standardise", mean: [0], deviation: [2] } });
    const page = await report({
      ...{ title: "values", question: "How far?", caveats: [], inputShape: [2], made: [], head },
      runs: [
        {
          ...{ ...rest, result: { ...result, train: score, valid: score, test: both } },
          history: history.map(({ step, epoch }) => ({
            ...{ ranOn, step, epoch, train: score, valid: both, examplesPerSecond: 1, seconds: 1 },
          })),
        },
      ],
    });
    expect(page).toContain("Validation RMSE, with");
    expect(page).not.toContain("Validation MSE");
  });

  const one = (given: Partial<ReportedRun>): Promise<string> =>
    report({
      ...{ title: "t", question: "q", caveats: [], head: classes(2), inputShape: [1, 2], made: [] },
      runs: [{ ...run("one"), insides: undefined, ...given }],
    });

  it("shows what one epoch gives as a point with its value in the title", async () => {
    const page = await one({ history: [{ epoch: 1, ...epoch }] });
    expect(page).toContain("Validation error is 12.35 % after epoch 1");
    expect(page.match(/<g[^>]*aria-label="dot"[^>]*><circle/g)).toHaveLength(2);
  });

  it("says where the best value is, in the titles of the curves", async () => {
    const at = (step: number, error: number) => ({
      ...epoch,
      epoch: step,
      step,
      valid: { ...scores, deterministic: { nll: 1, error } },
    });
    const page = await one({ history: [at(1, 20), at(2, 5.25), at(3, 6)] });
    expect(page).toContain("Validation error falls from 20.00 to 5.25 % at epoch 2");
    const risen = await one({ history: [at(1, 5), at(2, 7)] });
    expect(risen).toContain("Validation error is best at the start: 5.00 % at epoch 1, 7.00 % at the end");
    expect(html).toContain("Validation error at the end (%): lowest for one, 12.3; highest for two, 12.3");
  });

  it("shows misclassified test images with their class, what was predicted and how surely", async () => {
    const shown = [{ example: 7, input: Float32Array.of(0, 1), truth: "4", predicted: "9 & up", probability: 0.987 }];
    const page = await one({ mistakes: { count: 12, examples: 10000, shown } });
    expect(page).toContain("12 of 10,000 test images are misclassified; the 1 of which the network is most certain:");
    const all = await one({ mistakes: { count: 1, examples: 10000, shown } });
    expect(all).toContain("1 of 10,000 test images are misclassified; all of them, the most certain first:");
    expect(page).toContain("<figcaption>4 → 9 &#38; up, 98.7 %</figcaption>");
    expect(page).toContain('alt="Test image 7: 4 → 9 &#38; up, 98.7 %"');
    expect(html).not.toContain("misclassified");
  });

  it("draws how often units spike along the training, a curve for each layer that reports it", async () => {
    const at = (step: number, rates: readonly number[]) => {
      const stochastic = { ...scores.stochastic, spikes: rates.map((rate) => ({ rate, silent: 0 })) };
      return { ...epoch, epoch: step, step, valid: { ...scores, stochastic } };
    };
    const page = await one({ history: [at(1, [0.5, 0.25]), at(2, [0.125, 0.0625])] });
    expect(page).toContain("Spikes: 6.25 to 12.5 % at the end");
    for (const text of ["layer 1: 50 at epoch 1", "layer 2: 6.25 at epoch 2"])
      expect(page).toContain(`<title>${text}</title>`);
    expect(page).toContain("How often units fire");
    expect(html).not.toContain("How often units fire");
  });

  it("has the functional diagram of its network, open where there is one run alone", async () => {
    expect(await one({ diagram: "<svg>here</svg>" })).toMatch(/<details open>.*<svg>here<\/svg>/);
  });

  it("has a script that parses, and finds values by the classes that charts give them", () => {
    const [, source] = /<script>(.*?)<\/script>/s.exec(html)!;
    expect(() => new Function(source!)).not.toThrow();
    expect(html).toContain('<circle class="hit"');
  });

  it("escapes what it is given", () => {
    expect(html).toContain("<h1>a &#60; b</h1>");
    expect(html).toContain("Which &#38; why?");
    expect(html).toContain("&#60;/pre&#62;");
  });
});
