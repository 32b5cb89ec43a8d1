import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { full } from "../../../test/support/full.ts";
import { folderForAllTests } from "../../../test/support/temporary.ts";
import { backend } from "../../backends/select.ts";
import { tableFrom } from "../../data/table.ts";
import { NdArray } from "../../graph/index.ts";
import { remembered } from "../../models/feed.ts";
import { classes } from "../../models/heads/classes.ts";
import { values } from "../../models/heads/values.ts";
import type { Model } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { gatedConv } from "../../models/stages/gated-conv.ts";
import { pool } from "../../models/stages/pool.ts";
import { compiledRunner } from "../compiled-runner.ts";
import { predictionOf, type ValuePrediction } from "../prediction.ts";
import { predictor } from "../predictor.ts";
import { specOf } from "../program.ts";
import { save } from "../save.ts";
import { models, named, wave } from "../testing.ts";
import { toScript } from "./to-script.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

const images = (): Model =>
  network({
    input: [6, 6, 2],
    stages: [
      conv({ features: 4, size: 3, estimator: "rectifier" }),
      gatedConv({ features: 4, blocks: 2, size: 3, gate: { name: "top-k", k: 1 } }),
      pool({ size: 2 }),
      dense({}),
    ],
    head: classes(3),
  }) as Model;
const { latents: _, ...others } = models;
const kinds = Object.entries({ ...others, images });

async function predictIn(text: string, name: string): Promise<(input: unknown) => Record<string, unknown>> {
  const path = join(folder, `${name.replaceAll(" ", "-")}.mjs`);
  writeFileSync(path, text);
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)).predict;
}

/** Numbers in a prediction, in lists; gates as they are. */
const plain = (value: unknown): unknown =>
  value instanceof NdArray ? [...value.data] : ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value;

describe.each(kinds)("a network of %s as a script", (kind, make) => {
  const model = make();
  const params = model.init(3).params.map((layer) =>
    Object.fromEntries(
      Object.entries(layer).map(([name, { data, shape }]) => {
        const noise = wave(data.length, 5);
        return [name, new NdArray(data.map((value, i) => value + noise[i]! / 8) as Float32Array, shape)];
      }),
    ),
  );
  const isNamed = model.head.kind === "classes" && model.inputShape.length === 1;
  const fields = remembered(model, isNamed ? named.fields : {});
  const text = toScript({ model, params, fields }, { language: "javascript" });

  test("predicts what the network does, to 1e-5", async () => {
    const predict = await predictIn(text, kind);
    const spec = specOf(model, fields);
    const reference = await backend("reference");
    const runner = compiledRunner(model, params, spec, { backend: reference, end: async () => {} });
    for (let i = 0; i < 4; i++) {
      const inputs = spec.inputs.map(({ shape, dtype }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        return dtype === "int32" ? Int32Array.of(1 + i) : wave(size, i);
      });
      const wanted = predictionOf(spec, { outputs: runner.run("deterministic", 1, [0, 0], inputs) });
      const given = inputs.map((x, k) => (spec.inputs[k]!.shape.length === 0 ? x[0] : x));
      const found = predict(
        inputs.length === 1 ? given[0] : Object.fromEntries(spec.inputs.map(({ name }, k) => [name, given[k]])),
      );
      const { targets: __, ...whole } = { targets: undefined, ...wanted };
      expect(Object.keys(found).sort()).toEqual(Object.keys(whole).sort());
      for (const [name, value] of Object.entries(whole)) {
        const [own, ours] = [plain(found[name]), plain(value)];
        if (name === "gates" || name === "name") expect(own).toEqual(ours);
        else
          [ours].flat().forEach((number, k) => {
            expect([own].flat()[k]).toBeCloseTo(number as number, 5);
          });
      }
    }
  });

  test("takes less than 10 kB beside its weights", () => {
    const base64 = /atob\("([^"]*)"\)/.exec(text)![1]!;
    expect(text.length - base64.length).toBeLessThan(10_000);
    expect(text).not.toMatch(/[‹›]|undefined/);
  });
});

test.skipIf(!full)("TypeScript takes every file under its strictest settings", () => {
  const paths = kinds.map(([kind, make]) => {
    const model = make();
    const path = join(folder, `${kind.replaceAll(" ", "-")}.ts`);
    writeFileSync(path, toScript({ model, params: model.init(1).params }));
    return path;
  });
  const rows = tableFrom("a,b,y\n1,p,1\n,q,2\n3,p,3\n4,q,1\n5,,2\n6,q,1\n", "t.csv", ["y"], {});
  const table = network({ input: rows.fields.x.shape, stages: [dense({})], head: values(1) }) as Model;
  writeFileSync(join(folder, "table.ts"), toScript({ model: table, params: table.init(1).params, fields: remembered(table, rows.fields) })); // biome-ignore format: one line
  paths.push(join(folder, "table.ts"));
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const flags = ["--strict", "--noUncheckedIndexedAccess", "--noEmit", "--target", "es2022", "--module", "esnext", "--lib", "es2022"]; // biome-ignore format: one line
  try {
    execFileSync(process.execPath, [tsc, ...flags, ...paths], { encoding: "utf8", cwd: folder });
  } catch (error) {
    expect.fail((error as { stdout: string }).stdout);
  }
});

test("an example of another length, and one with NaN, are refused", async () => {
  const model = models.classes!();
  const predict = await predictIn(
    toScript({ model, params: model.init(1).params }, { language: "javascript" }),
    "refuses",
  );
  expect(() => predict([1, 2])).toThrow("predict: x must be 6 numbers, received 2");
  expect(() => predict([1, 2, 3, 4, 5, Number.NaN])).toThrow(
    "predict: x must be 6 numbers, received 6, NaN among them",
  );
});

test("what is no network, and a head that scores samples alone, are refused", () => {
  const model = models.latents!();
  expect(() => toScript({ model, params: model.init(1).params })).toThrow(
    "toScript: this network scores samples of its units alone: ask for a file that samples",
  );
  expect(() => toScript(5 as never)).toThrow("toScript: needs { model, params }, as train and loadModel give them");
  expect(() => toScript({ model, params: [] }, { language: "c" as never })).toThrow(
    'toScript: language must be one of typescript, javascript, received "c"',
  );
});

describe("a network of a table", () => {
  const rows = Array.from({ length: 24 }, (_, i) => `${["north", "south"][i % 2]},${i % 6 === 5 ? "" : i},${i}`);
  const birds = tableFrom(["isle,mass,price", ...rows].join("\n"), "birds.csv", ["price"], {});
  const model = network({ input: 4, stages: [dense({ units: 3, estimator: "sigmoid" }), dense({})], head: values(1) }) as Model; // biome-ignore format: one line
  const saved = { model, params: model.init(1).params, fields: remembered(model, birds.fields) };

  test("takes rows by column, texts and missing cells as predict does", async () => {
    const predict = await predictIn(toScript(saved, { language: "javascript" }), "rows");
    const fill = (birds.fields.x.table![1] as { fill: number }).fill;
    expect(predict({ mass: 7, isle: "south", price: 3 })).toEqual(predict([0, 1, 7, 0]));
    expect(predict({ mass: null, isle: null })).toEqual(predict([0, 0, fill, 1]));
    const ours = await predictor<ValuePrediction>(save(saved), { backend: "reference" });
    const [value] = predict({ mass: 7, isle: "north" }).value as Float32Array;
    expect(value).toBeCloseTo(ours({ mass: 7, isle: "north" }).value[0]!, 5);
    expect(() => predict({ mass: 7, isle: "nort" })).toThrow('predict: column isle must be one of north, south, or null where that is missing, received nort'); // biome-ignore format: one line
    for (const mass of [undefined, "7", Number.NaN])
      expect(() => predict({ mass, isle: "north" })).toThrow("predict: column mass must be a finite number, or null");
  });
});

test("no name ends the line of a comment and becomes code", async () => {
  const name = "a\u2028throw new Error();\u2029throw new Error();\r\nthrow new Error();";
  const model = network({ input: 2, name, stages: [dense({ units: 3, estimator: "sigmoid" }), dense({})], head: values(1) }) as Model; // biome-ignore format: one line
  const text = toScript({ model, params: model.init(1).params }, { language: "javascript" });
  expect(text.split(/[\r\n\u2028\u2029]/)[0]).toContain("a\\u2028throw");
  await predictIn(text, "named");
});
