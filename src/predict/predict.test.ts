/** Saved networks of every kind predict what the network itself gives, in the library and in heaviside/inference. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { UserError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import { constant, evaluate, mapTree, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { predictor as inference } from "../inference/index.ts";
import { remembered } from "../models/feed.ts";
import { classes } from "../models/heads/classes.ts";
import { mlp } from "../models/mlp.ts";
import type { Model, Params } from "../models/model.ts";
import { network } from "../models/network.ts";
import { defineStage } from "../models/own-stage.ts";
import { dense } from "../models/stages/dense.ts";
import { key } from "../random/index.ts";
import { loadModel } from "./load-model.ts";
import { predictor } from "./predictor.ts";
import { save } from "./save.ts";
import { maxout, models, wave } from "./testing.ts";

const simd = readFileSync(new URL("../backends/wasm/simd-single.wasm", import.meta.url));
const own = { stages: { maxout } };

/** Parameters other than the first ones: thresholds and biases that aren't 0. */
const perturbed = (params: Params<NdArray>): Params<NdArray> =>
  mapTree(params as Tree<NdArray>, ({ data, shape }) => {
    const noise = wave(data.length, 5);
    return new NdArray(
      Float32Array.from(data, (value, i) => value + noise[i]! / 8),
      shape,
    );
  }) as Params<NdArray>;

const examplesOf = (shape: readonly number[], count: number): number[][] => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => [...wave(size, 3 * i)]);
};

describe.each(Object.entries(models))("a network of %s", (_, make) => {
  const model = make();
  const params = perturbed(model.init(3).params);
  const bytes = save({ model, params });
  const count = 11;
  const x = examplesOf(model.inputShape, count);
  const lengths = Object.hasOwn(model.fields, "lengths")
    ? Array.from({ length: count }, (_, i) => 1 + (i % 5))
    : undefined;
  const given = lengths ? { x, lengths } : x;
  const deterministic = model.head.readouts === undefined;

  test("comes back from its file", () => {
    const loaded = loadModel(bytes, own);
    expect(loaded.model.config).toEqual(model.config);
    expect(loaded.params).toEqual(params);
  });

  const only = deterministic ? test : () => {};
  only("predicts what the network gives", async () => {
    const predict = await predictor(bytes, { ...own, backend: "reference" });
    const tensors = mapTree(params as Tree<NdArray>, (p) => constant(p)) as Params<Tensor>;
    const input = constant(new NdArray(Float32Array.from(x.flat()), [count, ...model.inputShape]));
    const fields = lengths ? { lengths: constant(new NdArray(Int32Array.from(lengths), [count])) } : {};
    const { predicted } = model.predict(tensors, input, "deterministic", key(0), fields);
    const wanted = evaluate(Object.values(predicted));
    const predictions = predict.batch(given) as unknown as Record<string, unknown>[];
    expect(predictions).toHaveLength(count);
    Object.keys(predicted).forEach((name, k) => {
      const found = predictions.flatMap((prediction) => {
        const value = prediction[name]!;
        if (typeof value === "number") return [value];
        return [...(value instanceof NdArray ? value.data : (value as Float32Array))];
      });
      expect(found).toEqual([...wanted[k]!.data]);
    });
    await predict.close();
  });

  test("predicts the same bits by its stored programs, one by one and many at once, with noise and without", async () => {
    const backend = await wasmBackend({ threads: 1, relaxed: false });
    const [here, there] = [await predictor(bytes, { ...own, backend }), await inference(bytes, { wasm: simd })];
    expect(there.batch(given)).toEqual(here.batch(given));
    const one = lengths ? { x: x[3]!, lengths: lengths[3]! } : x[3]!;
    expect(there(one)).toEqual(here(one));
    const options = { passes: 70, seed: 5 };
    expect(there(one, options)).toEqual(here(one, options));
    await Promise.all([here.close(), there.close(), backend.close()]);
  });
});

describe("examples", () => {
  const predictWith = async (input: number | number[]) => {
    const model = mlp({ input, hidden: [{ units: 3, estimator: "sigmoid" }], classes: 2 }) as Model;
    return inference(save({ model, params: model.init(1).params }), { wasm: simd });
  };

  test("of the network's own shape are one example, and a list for batch where they can be one", async () => {
    const predict = await predictWith([1, 4]);
    const one = predict([1, 2, 3, 4]);
    expect(predict([[1, 2, 3, 4]] as never)).toEqual(one);
    expect(predict({ shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) })).toEqual(one);
    expect(predict.batch([[1, 2, 3, 4]])).toEqual([one]);
    expect(predict.batch([])).toEqual([]);
  });

  test("of one number are a list for batch", async () => {
    const predict = await predictWith(1);
    expect(predict.batch([5])).toEqual([predict([5])]);
    expect(predict.batch([5, 6])).toHaveLength(2);
  });

  test("may be bytes, rows of an image, and any number of them", async () => {
    const predict = await predictWith([2, 3]);
    const one = predict([1, 2, 3, 4, 5, 6]);
    for (const given of [
      Uint8ClampedArray.of(1, 2, 3, 4, 5, 6),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [Int8Array.of(1, 2, 3), Float64Array.of(4, 5, 6)],
    ])
      expect(predict(given as never)).toEqual(one);
    for (const count of [7, 8, 9, 63, 65, 130])
      expect(predict.batch(Array.from({ length: count }, () => [1, 2, 3, 4, 5, 6])).map(({ label }) => label)).toEqual(
        Array.from({ length: count }, () => one.label),
      );
  });

  test("are refused once the predictor was closed, which may be done twice", async () => {
    const predict = await predictWith(2);
    await predict.close();
    await predict.close();
    expect(() => predict([1, 2])).toThrow(new UserError("predict: this predictor was closed: make another one"));
  });

  test("give predictions that JSON writes as lists", async () => {
    const predict = await predictWith(2);
    const { probabilities } = predict([1, 2], { passes: 3 });
    const written = JSON.parse(JSON.stringify(predict([1, 2], { passes: 3 })));
    expect(written.probabilities).toEqual([...probabilities]);
    expect(written.uncertainty.deviation.probabilities).toEqual([0, 0]);
  });
});

describe("a file that would lose something isn't written", () => {
  const input = 3;
  const layers = (name: string) => [dense({ units: 2, estimator: "sigmoid", name: "a" }), dense({ units: 2, name })];
  const own = defineStage("own", () => ({ units: [3], parameters: { "a.weight": [3] }, apply: (_, x) => x }));
  const twice = network({ input, stages: [own({}), dense({ units: 2, name: "own1.a" })], head: classes(2) }) as Model;
  const model = network({ input, stages: layers("b"), head: classes(2) }) as Model;
  const { params } = model.init(1);
  const with64 = params.map((layer, i) => (i > 0 ? layer : { ...layer, bias: new NdArray(new Float64Array(2), [2]) }));
  const withNaN = params.map((layer, i) => (i > 0 ? layer : { ...layer, bias: new NdArray(new Float32Array(2).fill(Number.NaN), [2]) })); // biome-ignore format: one line

  test.each<[string, () => unknown]>([
    [
      "save: layers must have names of their own, two arrays would be own1.a.weight: name the layers apart",
      () => save({ model: twice, params: twice.init(1).params }),
    ],
    ["save: the bias of a must be an array float32[2], received float64[2]", () => save({ model, params: with64 })],
    ["save: the bias of a must be finite numbers: this network has diverged", () => save({ model, params: withNaN })],
    [
      "save: fields.x must be float32[3], as the network reads it, received undefined",
      () => save({ model, params, fields: {} }),
    ],
    [
      'save: fields.x.columns must be 3 different names, received ["a","a","b"]',
      () => {
        const { x, label } = remembered(model, { x: { columns: ["a", "a", "b"] } });
        return save({ model, params, fields: { x: x!, label: label! } });
      },
    ],
    ["save: fields must be an object, received 5", () => save({ model, params, fields: 5 as never })],
    ['save: epoch must be a whole number at least 1, received "x"', () => save({ model, params, epoch: "x" as never })],
  ])("%s", (message, write) => {
    expect(write).toThrow(new UserError(message));
  });
});

describe("a file's parts", () => {
  const model = models["rectifying gates"]!();
  const bytes = save({ model, params: model.init(1).params });

  test("have a weight that is held by unit as a matrix [in, K]", () => {
    expect(model.layers[0]!.parameters[0]).toMatchObject({ name: "weight", shape: [8, 1, 6], stored: "by input" });
    expect(decodeSafetensors(bytes, "model file", "it").arrays.get("gater1.weight")!.shape).toEqual([6, 8]);
  });

  /** The same file with another text in its metadata, and a checksum that fits. */
  const changed = (texts: Readonly<Record<string, string>>): Uint8Array => {
    const { metadata, arrays } = decodeSafetensors(bytes, "model file", "it");
    const { crc32: _, ...own } = metadata;
    return encodeSafetensors({ metadata: { ...own, ...texts }, arrays });
  };
  const programs = JSON.parse(decodeSafetensors(bytes, "model file", "it").metadata.programs!);

  test.each<[string, Readonly<Record<string, string>>]>([
    ['has version "2", this library reads version 1', { version: "2" }],
    [
      "has programs of version 99, this library runs version 2: save the model again",
      { programs: JSON.stringify({ ...programs, version: 99 }) },
    ],
    ["has no programs", { programs: "null" }],
    [
      "its programs need the parameter gater9.weight, which isn't there",
      { programs: JSON.stringify({ ...programs, parameters: [{ array: "gater9.weight" }] }) },
    ],
    [
      "its programs need a description of program 0 with arrays that fit, which isn't there",
      { programs: JSON.stringify({ ...programs, programs: [null] }) },
    ],
    [
      "its programs need a program of one row, which isn't there",
      { programs: JSON.stringify({ ...programs, programs: [programs.programs[1]] }) },
    ],
    ...(["inputs", "outputs"] as const).map((part): [string, Readonly<Record<string, string>>] => [
      "its programs need a description of what goes in and comes out, which isn't there",
      { programs: JSON.stringify({ ...programs, spec: { ...programs.spec, [part]: [{ name: "x", shape: 6 }] } }) },
    ]),
    // Outputs that are said to be large, or to lie elsewhere: no memory is taken for them.
    ...[
      { rows: 2 ** 40 },
      { arena: 3 },
      { outputs: [] },
      { outputs: programs.programs[0].outputs.map(() => ({ buffer: 0, offset: 2 ** 29 })) },
      { constants: [{ offset: 0, array: "gater1.weight" }] },
    ].map((part): [string, Readonly<Record<string, string>>] => [
      // biome-ignore format: one line
      "its programs need a description of program 0 with arrays that fit, which isn't there",
      { programs: JSON.stringify({ ...programs, programs: [{ ...programs.programs[0], constantSize: 0, ...part }] }) },
    ]),
  ])("are refused where one %s", async (message, texts) => {
    await expect(inference(changed(texts), { wasm: simd })).rejects.toThrow(message);
    await expect(inference(changed(texts), { wasm: simd })).rejects.toBeInstanceOf(UserError);
  });
});

test("a file with names of any length is refused in few words", () => {
  const model = models["scaled numbers"]!();
  const { metadata, arrays } = decodeSafetensors(save({ model, params: model.init(1).params }), "model file", "it");
  const { crc32: _, ...own } = metadata;
  const network = JSON.parse(own.network!);
  const long = "x".repeat(9000);
  const refusal = (changed: object): string => {
    const text = JSON.stringify({ ...network, ...changed });
    try {
      loadModel(encodeSafetensors({ metadata: { ...own, network: text }, arrays }));
    } catch (error) {
      return (error as UserError).message;
    }
    return "";
  };
  const stages = [{ ...network.stages[0], name: long }, network.stages[1]];
  expect(refusal({ stages })).toMatch(/^model file: the file: x{77}\.\.\. must be float32\[6, 7\], it is missing$/);
  const unknown = refusal({ name: long, stages: [{ kind: "none" }] });
  expect(unknown).toMatch(/^model file: the file: its network can't be made: x+/);
  expect(unknown.length).toBeLessThan(2100);
});

test("a program that leads out of the kernels' memory is damage of the file", async () => {
  const model = models.classes!();
  const { metadata, arrays } = decodeSafetensors(save({ model, params: model.init(1).params }), "model file", "it");
  const { crc32: _, ...own } = metadata;
  const lost = [...arrays].map(([name, array]): [string, NdArray] => {
    if (!/^programs\..*words/.test(name)) return [name, array];
    return [
      name,
      new NdArray(
        Int32Array.from(array.data, (word, i) => (i < 4 ? word : word ^ 0x5555)),
        array.shape,
      ),
    ];
  });
  expect(lost.some(([name, array]) => array !== arrays.get(name))).toBe(true);
  const predict = await inference(encodeSafetensors({ metadata: own, arrays: new Map(lost) }), { wasm: simd });
  expect(() => predict(wave(6))).toThrow(UserError);
});

test("an array whose memory was transferred is refused, and no empty list", async () => {
  const model = models.classes!();
  const predict = await inference(save({ model, params: model.init(1).params }), { wasm: simd });
  const gone = wave(6);
  structuredClone(gone, { transfer: [gone.buffer] });
  expect(() => predict.batch(gone)).toThrow("predict: the memory of x was transferred to another owner");
  expect(() => predict(gone)).toThrow(UserError);
});

test("a file of a network that diverged isn't read", async () => {
  const model = models.classes!();
  const { metadata, arrays } = decodeSafetensors(save({ model, params: model.init(1).params }), "model file", "it");
  const { crc32: _, ...own } = metadata;
  arrays.get("output.weight")!.data[0] = Number.NaN;
  const bytes = encodeSafetensors({ metadata: own, arrays });
  const message = "output.weight must be finite numbers: this network has diverged";
  expect(() => loadModel(bytes)).toThrow(message);
  await expect(inference(bytes, { wasm: simd })).rejects.toThrow(message);
});

describe("what can't be read is named", () => {
  const model = models.classes!();
  const bytes = save({ model, params: model.init(1).params, fields: remembered(model, {}) });
  const steps = models.steps!();
  const lengthened = save({ model: steps, params: steps.init(1).params });

  test.each<[string, unknown]>([
    ["predict: x must be an example [6], or a list of examples, received [5]", [1, 2, 3, 4, 5]],
    ["predict: x must be an example [6], or a list of examples, received [2, 7]", [wave(7), wave(7)]],
    ["predict: x must be an example [6], or a list of examples, received [0]", []],
    ['predict: x must be an example [6], or a list of examples, received "six"', "six"],
    ["predict: x is missing: give { x } with a value for each", undefined],
    ["predict: x, value 2 must be a finite number, received NaN (counted from 0)", [0, 0, Number.NaN, 0, 0, 0]],
    [
      "predict: x, example 1, value 5 must be a finite number, received null (counted from 0)",
      [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, null],
      ],
    ],
    [
      "predict: x must be of lists of one length: the first one is [6], another is [5]",
      [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    ],
    ["predict: x must be of lists of one length: the first one is [], another is [2]", [1, [2, 3], 4, 5, 6, 7]],
    ["predict: x must be of lists of one length: the first one is [], another is [0]", [1, [], 3, 4, 5, 6]],
    ["predict: x, value 0 must be a finite number, received 1e+39 (counted from 0)", [1e39, 0, 0, 0, 0, 0]],
    [
      "predict: x must be { shape, data } with as many numbers as its shape says, received the shape [6] and 3 numbers",
      { shape: [6], data: new Float32Array(3) },
    ],
    [
      "predict: x must be { shape, data } with as many numbers as its shape says, received the shape [-1, -6] and 6 numbers",
      { shape: [-1, -6], data: new Float32Array(6) },
    ],
    ["predict: x, value 2 must be a finite number, received undefined (counted from 0)", [1, 2, undefined, 4, 5, 6]],
    ["predict: pixels is no field of this network, which reads x", { pixels: [1] }],
    ["predict: x, value 1 must be a finite number, received {} (counted from 0)", [1, {}, 3, 4, 5, 6]],
    [
      "predict: x, example 1, value 5 must be a finite number, received {} (counted from 0)",
      [
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, {}],
      ],
    ],
  ])("%s", async (message, given) => {
    const predict = await inference(bytes, { wasm: simd });
    expect(() => predict(given as never)).toThrow(new UserError(message));
  });

  test.each<[string, unknown]>([
    ["predict: lengths is missing: give { x, lengths } with a value for each", wave(15)],
    ["predict: lengths must be of as many examples as x, one, received a list of 2", { x: wave(15), lengths: [1, 2] }],
    ["predict: lengths must be a whole number, received 1.5 (counted from 0)", { x: wave(15), lengths: 1.5 }],
    ['predict: lengths must be a whole number, received "3" (counted from 0)', { x: wave(15), lengths: "3" }],
    ["predict: lengths must be a whole number, received null (counted from 0)", { x: wave(15), lengths: null }],
    ["predict: lengths must be from 1 to 5, received 6 (counted from 0)", { x: wave(15), lengths: 6 }],
    ["predict: lengths must be from 1 to 5, received -1 (counted from 0)", { x: wave(15), lengths: -1 }],
  ])("%s", async (message, given) => {
    const predict = await inference(lengthened, { wasm: simd });
    expect(() => predict(given as never)).toThrow(new UserError(message));
  });
});
