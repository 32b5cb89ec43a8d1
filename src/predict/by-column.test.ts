/** A network of a table takes examples by the names of its columns, in the library and in heaviside/inference. */
import { readFileSync } from "node:fs";
import { expect, expectTypeOf, test } from "vitest";
import { tableFrom } from "../data/table.ts";
import { UserError } from "../errors.ts";
import { predictor as inference } from "../inference/index.ts";
import { remembered } from "../models/feed.ts";
import { classes } from "../models/heads/classes.ts";
import { gaussian } from "../models/heads/gaussian.ts";
import { values } from "../models/heads/values.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import { dense } from "../models/stages/dense.ts";
import type { Predictor } from "./predict.ts";
import type { ClassPrediction, Prediction, ValuePrediction } from "./prediction.ts";
import { predictor } from "./predictor.ts";
import { save } from "./save.ts";
import { named } from "./testing.ts";

const wasm = readFileSync(new URL("../backends/wasm/simd-single.wasm", import.meta.url));
const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(i), 9 + Math.cos(3 * i), i, ["bad", "good"][i % 2]]);
const csv = ["x,alcohol,quality,kind", ...rows.map((row) => row.join(","))].join("\n");

/** A saved network of the table, not trained. The first column has the name of the field that all of them are in. */
function savedFor(head: Model["head"], target: string[], omit: string[]): Uint8Array {
  const stages = [dense({ units: 3, estimator: "straight-through-slope" }), dense({})];
  const model = network({ input: 2, stages, head }) as Model;
  const data = tableFrom(csv, "wine.csv", target, { omit });
  return save({ model, params: model.init(1).params, fields: remembered(model, data.fields) });
}
const quality = savedFor(values(1), ["quality"], ["kind"]);

const both = async <P = ValuePrediction>(bytes: Uint8Array, use: (predict: Predictor<P>) => void): Promise<void> => {
  for (const predict of [await predictor<P>(bytes, { backend: "reference" }), await inference<P>(bytes, { wasm })]) {
    use(predict);
    await predict.close();
  }
};

test("columns come by name in any order, one example or a list, with the target or without", () =>
  both(quality, (predict) => {
    const wanted = predict([0.5, 10]);
    expect(predict({ alcohol: 10, x: 0.5 })).toEqual(wanted);
    expect(predict({ x: 0.5, alcohol: 10, quality: 6 })).toEqual(wanted);
    expect(predict({ x: [0.5, 10] })).toEqual(wanted);
    const many = predict([{ alcohol: 10, x: 0.5 }, { x: -1, alcohol: 9 }]); // biome-ignore format: one line
    expectTypeOf(many).toEqualTypeOf<ValuePrediction[]>();
    expect(many).toEqual([wanted, predict([-1, 9])]);
    expect(predict.batch([{ x: 0.5, alcohol: 10 }])).toEqual([wanted]);
    expect(predict.batch([])).toEqual([]);
    const options = { passes: 3, seed: 2 };
    expect(predict({ x: 0.5, alcohol: 10 }, options)).toEqual(predict([0.5, 10], options));
  }));

test("a record may have a type of its own, and one of them is no list", () => {
  interface Wine {
    x: number;
    alcohol: number;
  }
  const wine: Wine = { x: 0.5, alcohol: 10 };
  return both(quality, (predict) => {
    expectTypeOf(predict([wine])).toEqualTypeOf<ValuePrediction[]>();
    expect(predict([wine])).toEqual([predict(wine)]);
    expect(() => predict.batch({ x: 0.5, alcohol: 10 })).toThrow("batch takes a list of examples, received one");
    expect(() => predict([{ x: [1, 2] }, { x: [3, 4] }] as never)).toThrow("x, value 0 must be a finite number");
  });
});

test("a prediction of numbers has the targets' names", async () => {
  await both(quality, (predict) => {
    const { value, targets } = predict({ x: 0.5, alcohol: 10 });
    expect(targets).toEqual({ quality: value[0] });
    expect(JSON.parse(JSON.stringify(predict([0.5, 10])))).toEqual({ value: [value[0]], targets });
  });
  await both<Prediction>(savedFor(gaussian(1), ["quality"], ["kind"]), (predict) => {
    const { mean, targets } = predict({ x: 0.5, alcohol: 10 });
    expect(targets).toEqual({ quality: (mean as Float32Array)[0] });
    expect(predict.spec.outputs.map(({ columns }) => columns)).toEqual([["quality"], ["quality"]]);
  });
});

test("a class's prediction has the names that it always had, and ignores the target's column", () =>
  both<ClassPrediction>(savedFor(classes(2), ["kind"], ["quality"]), (predict) => {
    expect(Object.keys(predict({ x: 0.5, alcohol: 10 }))).toEqual(["label", "name", "probabilities"]);
    expect(predict({ x: 0.5, alcohol: 10, kind: 1 })).toEqual(predict([0.5, 10]));
    expect(predict.spec.outputs.map(({ columns }) => columns)).toEqual([undefined, ["kind"]]);
  }));

test.each<[string, unknown, string]>([
  ["a missing column", { x: 1 }, "predict: column alcohol is missing; give a value for each of x, alcohol, received x"],
  ["no column", {}, "predict: column x is missing; give a value for each of x, alcohol, received none"],
  ["an unknown column", { x: 1, alcohl: 2 }, "alcohl is no column of this network (did you mean alcohol?)"],
  ["text", { x: 1, alcohol: "11" }, 'predict: column alcohol must be a finite number, received "11"'],
  ["no number", [{ x: 1, alcohol: 2 }, { x: Number.NaN, alcohol: 2 }], "example 1 (counted from 0), column x must be a finite number, received NaN"], // biome-ignore format: one line
  ["what float32 can't hold", { x: 1e39, alcohol: 2 }, "column x must be a finite number, received 1e+39"],
  ["a list among objects", [{ x: 1, alcohol: 2 }, [1, 2]], "example 1 must be an object with a value for each column"],
])("%s is refused by name", (_, given, message) =>
  both(quality, (predict) => {
    expect(() => predict(given as never)).toThrow(UserError);
    expect(() => predict(given as never)).toThrow(message);
  }),
);

test("a network without names of columns says so", async () => {
  const stages = [dense({ units: 3, estimator: "sigmoid" }), dense({})];
  const model = network({ input: 6, stages, head: classes(3) }) as Model;
  const bytes = save({ model, params: model.init(1).params, fields: remembered(model, named.fields) });
  await both<Prediction>(bytes, (predict) => {
    expect(() => predict([{ a: 1 }])).toThrow("this network knows no columns by name, it was not trained on a table");
    expect(() => predict({ a: 1 })).toThrow("a is no field of this network, which reads x");
  });
});

/** A network of a table with a text, and a number that some rows lack. */
const birds = tableFrom(
  [
    "isle,mass,price",
    ...Array.from({ length: 24 }, (_, i) => `${["north", "south"][i % 2]},${i % 6 === 5 ? "" : i},${i}`),
  ].join("\n"),
  "birds.csv",
  ["price"],
  {},
);
const ofBirds = (): Uint8Array => {
  const model = network({
    input: 4,
    stages: [dense({ units: 3, estimator: "sigmoid" }), dense({})],
    head: values(1),
  }) as Model;
  return save({ model, params: model.init(1).params, fields: remembered(model, birds.fields) });
};

test("rows of a table are encoded as in training: texts, missing values, in a saved file too", () =>
  both(ofBirds(), (predict) => {
    const [input] = predict.spec.inputs;
    const fill = (input!.table![1] as { fill: number }).fill;
    expect(input!.columns).toEqual(["isle = north", "isle = south", "mass", "mass is missing"]);
    expect(predict({ isle: "south", mass: 7 })).toEqual(predict([0, 1, 7, 0]));
    expect(predict({ mass: null, isle: "north", price: 3 })).toEqual(predict([1, 0, fill, 1]));
    expect(predict([{ isle: null, mass: 7 }])).toEqual(predict([[0, 0, 7, 0]]));
    const refused = (row: object): string => {
      try {
        predict(row as never);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(refused({ isle: "noth", mass: 7 })).toBe(
      'predict: column isle must be one of north, south, as in training, or missing, received "noth" (did you mean north?)',
    );
    expect(refused({ isle: "north" })).toBe(
      "predict: column mass is missing; give a value for each of isle, mass, received isle",
    );
    expect(predict({ isle: " north ", mass: "" as never })).toEqual(predict({ isle: "north", mass: null }));
    expect(refused({ isle: ["north"], mass: 7 })).toBe('predict: column isle must be a number, a text or null, received ["north"]'); // biome-ignore format: one line
    expect(refused({ isle: "north", mass: "7" })).toBe('predict: column mass must be a finite number, received "7"');
  }));

test("a file whose table isn't what its columns were made of is refused", () => {
  const model = network({ input: 4, stages: [dense({})], head: values(1) }) as Model;
  const fields = remembered(model, birds.fields);
  const other = { ...fields, x: { ...fields.x!, table: [{ name: "isle" }] } };
  expect(() => save({ model, params: model.init(1).params, fields: other })).toThrow(
    "fields.x.table must be what its columns were made of",
  );
  const odd = { ...fields, x: { ...fields.x!, table: [{ name: 3 }] as never } };
  expect(() => save({ model, params: model.init(1).params, fields: odd })).toThrow(
    "fields.x.table must be a list of columns",
  );
});
