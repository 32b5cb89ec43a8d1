/** docs/reference/model-files.md: numpy computes what a saved model predicts, from the page's own lines. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mapTree, NdArray, type Tree } from "../src/graph/index.ts";
import { gatedMlp } from "../src/models/gated-mlp.ts";
import { classes } from "../src/models/heads/classes.ts";
import { mlp } from "../src/models/mlp.ts";
import type { Model, Params } from "../src/models/model.ts";
import { network } from "../src/models/network.ts";
import { dense } from "../src/models/stages/dense.ts";
import { predictor } from "../src/predict/predictor.ts";
import { save } from "../src/predict/save.ts";
import { wave } from "../src/predict/testing.ts";
import { pythonWith } from "./support/python.ts";
import { read } from "./support/repository.ts";
import { folderForAllTests } from "./support/temporary.ts";

let folder = "";
folderForAllTests((made) => {
  folder = made;
});
const page = read("docs/reference/model-files.md");
const lines = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code).join("\n");
const python = pythonWith("numpy");

const networks: Readonly<Record<string, () => Model>> = {
  dense: () => mlp({ input: 784, hidden: [{ units: 400, estimator: "straight-through-slope" }], classes: 10 }) as Model,
  scaled: () =>
    network({
      input: 4,
      preprocess: { name: "standardise", mean: [1, -2, 0.5, 3], deviation: [2, 0.5, 0, 1] },
      stages: [dense({ units: 9, estimator: "straight-through", name: "hidden1" }), dense({ name: "output" })],
      head: classes(3),
    }) as Model,
  channels: () =>
    network({
      input: [2, 2, 3],
      preprocess: { name: "standardise-channels", mean: [1, -2, 0.5], deviation: [2, 0.5, 0] },
      stages: [dense({ units: 9, estimator: "straight-through", name: "hidden1" }), dense({ name: "output" })],
      head: classes(3),
    }) as Model,
  gated: () =>
    gatedMlp({
      input: 30,
      gated: [
        {
          ...{ blocks: 40, width: 5, activation: "rectifier", open: 0.3 },
          ...{ gater: { name: "dense", hidden: [] }, gate: "straight-through" },
        },
      ],
      classes: 4,
    }) as Model,
};

test.skipIf(!python).each(Object.entries(networks))(
  "numpy computes a %s network to 1e-6 [needs python3 with numpy]",
  async (name, make) => {
    const model = make();
    const params = mapTree(model.init(2).params as Tree<NdArray>, ({ data, shape }) => {
      const noise = wave(data.length, 4);
      return new NdArray(
        Float32Array.from(data, (value, i) => value + noise[i]! / 20),
        shape,
      );
    }) as Params<NdArray>;
    const size = model.inputShape.reduce((product, length) => product * length, 1);
    const x = Array.from({ length: 5 }, (_, i) => [...wave(size, 7 * i)]);
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, save({ model, params }));
    const program = `${lines}
weights, texts = load(sys.argv[1])
x = np.array(json.loads(sys.stdin.read()), np.float32)
print(json.dumps({"p": ${name === "gated" ? name : "dense"}(weights, scaled(texts["network"], x)).tolist(), "kind": texts["network"]["head"]["kind"]}))`;
    const said = JSON.parse(
      execFileSync(python!, ["-c", program, file], { input: JSON.stringify(x), encoding: "utf8" }),
    );
    const predict = await predictor(file, { backend: "reference" });
    const wanted = predict.batch(x).map(({ probabilities }) => [...probabilities]);
    expect(said.kind).toBe("classes");
    const largest = Math.max(...wanted.flatMap((row, i) => row.map((p, j) => Math.abs(p - said.p[i][j]))));
    expect(largest).toBeLessThan(1e-6);
    // The networks say different things of different examples: the comparison is of something.
    expect(Math.abs(wanted[0]![0]! - wanted[1]![0]!)).toBeGreaterThan(1e-3);
    if (name === "gated") expect(predict.batch(x).some(({ gates }) => gates![0]!.open.length < 40)).toBe(true);
    await predict.close();
  },
);
