import { crc32 } from "node:zlib";
import type { Backend } from "../../src/backends/backend.ts";
import { startBackend } from "../../src/backends/select.ts";
import { gatedMlp } from "../../src/models/gated-mlp.ts";
import { stepClasses } from "../../src/models/heads/step-classes.ts";
import { values } from "../../src/models/heads/values.ts";
import { mlp } from "../../src/models/mlp.ts";
import type { Model } from "../../src/models/model.ts";
import { network } from "../../src/models/network.ts";
import { dense } from "../../src/models/stages/dense.ts";
import { perStep } from "../../src/models/stages/per-step.ts";
import { recurrent } from "../../src/models/stages/recurrent.ts";
import { loadModel } from "../../src/predict/load-model.ts";
import { predictor } from "../../src/predict/predictor.ts";
import { save } from "../../src/predict/save.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { type Ending, InferenceWorker } from "./inference-worker.ts";
import { mutateJson } from "./mutate.ts";
import { linearNetworks } from "./predict-networks.ts";
import { eachCase, type Suite } from "./suite.ts";
import { checkMessage } from "./targets/target.ts";

/** Saved models, damaged and forged with right checksums: refused, or read by the library and by heaviside/inference to the same predictions. */
export const modelFiles: Suite = {
  name: "model-files",
  about: "damaged and forged model files and the programs in them, by the library and by heaviside/inference",
  cases: 400,
  full: 100_000,
  async run(options) {
    const on = await startBackend("reference", {});
    const worker = await InferenceWorker.in(options.folder);
    try {
      const files = await examples(on);
      return await eachCase(options, (seed) => oneCase(new Draws(seed), { files, on, worker }));
    } finally {
      await worker.close();
      await on.close();
    }
  },
};

/** A saved model, with examples and what the library predicts for them. */
interface Example {
  readonly bytes: Uint8Array;
  readonly parts: Parts;
  readonly inputs: unknown;
  readonly predicted: string;
}

interface Setting {
  readonly files: readonly Example[];
  readonly on: Backend;
  readonly worker: InferenceWorker;
}

async function examples(on: Backend): Promise<Example[]> {
  const { table } = await linearNetworks(on);
  const hidden = [{ units: 5, estimator: "straight-through-slope" as const }];
  const gate = { blocks: 4, width: 3, activation: "rectifier" as const, gate: "straight-through" as const, open: 0.4 };
  const models = [
    mlp({ input: 4, hidden, classes: 3 }),
    gatedMlp({ input: 4, gated: [gate], classes: 3 }),
    network({ input: 4, stages: [dense({ units: 3, estimator: "tanh" }), dense({})], head: values(2) }),
    network({
      input: [3, 2],
      stages: [recurrent({ cell: "gru", units: 3, output: "sequence", lengths: "lengths" }), perStep({})],
      head: stepClasses(3, { classes: 2, lengths: "lengths" }),
    }),
  ] as unknown as Model[];
  const row = [0.5, -1.25, 2, 0.75];
  const steps = [
    [
      [1, 0.5],
      [-1, 2],
      [0, 0],
    ],
  ];
  const cell = { a: 1, kind: "red", b: -2, grün: "x", constructor: 3 };
  const all: [Uint8Array, unknown][] = models.map((model, i) => [
    save({ model, params: model.init(i + 1).params }),
    i < 3 ? [row, row.toReversed()] : { x: steps, lengths: [2] },
  ]);
  all.push([table.bytes, [cell, { ...cell, kind: null }]]);
  return Promise.all(
    all.map(async ([bytes, inputs]) => {
      const predict = await predictor(bytes, { backend: on });
      const predicted = JSON.stringify(predict.batch(inputs as never));
      return { bytes, parts: partsOf(bytes), inputs, predicted };
    }),
  );
}

type Metadata = Record<string, string>;
type Entries = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
interface Parts {
  readonly metadata: Metadata;
  readonly entries: Entries;
  readonly data: Uint8Array;
}

function partsOf(bytes: Uint8Array): Parts {
  const whole = Buffer.from(bytes);
  const start = 8 + Number(whole.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(whole.toString("utf8", 8, start));
  return { metadata, entries, data: Uint8Array.from(whole.subarray(start)) };
}

/** Where the checksum's eight digits stand, after the length and `{"__metadata__":{"crc32":"`. */
const SUM_AT = 8 + '{"__metadata__":{"crc32":"'.length;

/** A file of these parts, with its right checksum. */
function assembled({ metadata, entries, data }: { metadata: unknown; entries: unknown; data: Uint8Array }): Uint8Array {
  const isRecord = typeof entries === "object" && entries !== null;
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, ...(isRecord ? entries : { entries }) }));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  const whole = Uint8Array.from(Buffer.concat([head, json, data]));
  const sum = crc32(whole.subarray(SUM_AT + 8), crc32(whole.subarray(0, SUM_AT)));
  whole.set(Buffer.from(sum.toString(16).padStart(8, "0")), SUM_AT);
  return whole;
}

/** What a changed file must be to the library and to heaviside/inference: as good as before, or anything but a crash. */
interface Forged {
  readonly bytes: Uint8Array;
  readonly library: "same" | "refused" | "any";
  readonly inference: "same" | "refused" | "any" | "as the library";
}

const forgeries: readonly ((parts: Parts, draws: Draws) => Forged)[] = [
  // A part that only the library reads.
  ...(["network", "fields", "training"] as const).map((part) => (parts: Parts, draws: Draws): Forged => {
    const changed = JSON.stringify(mutateJson(JSON.parse(parts.metadata[part]!), draws)) ?? "";
    const bytes = assembled({ ...parts, metadata: { ...parts.metadata, [part]: changed } });
    return { bytes, library: "any", inference: "same" };
  }),
  ...Array.from({ length: 4 }, () => withPrograms),
  ...Array.from({ length: 2 }, () => withWords),
  ...Array.from({ length: 2 }, () => withNumbers),
  (parts, draws) => ({
    bytes: assembled({ ...parts, entries: mutateJson(parts.entries, draws) }),
    ...{ library: "any", inference: "any" },
  }),
  ({ metadata, ...parts }, draws) => {
    const version = draws.of(["0", "2", "", "one", "1 "]);
    return { bytes: assembled({ ...parts, metadata: { ...metadata, version } }), library: "refused", inference: "refused" }; // biome-ignore format: one line
  },
];

/** Programs that are described in another way: the library doesn't read them. */
function withPrograms(parts: Parts, draws: Draws): Forged {
  const described = JSON.parse(parts.metadata.programs!);
  const list = described.programs as Record<string, unknown>[];
  const one = draws.of(list);
  const large = [0, 1, 7, 64, 65, 1e6, 2 ** 26, 2 ** 30, 2 ** 31, 2 ** 53];
  const changes: (() => unknown)[] = [
    () => mutateJson(described, draws),
    () => mutateJson(described, draws),
    () => ({ ...described, spec: mutateJson(described.spec, draws) }),
    () => Object.assign(one, { [draws.of(["rows", "arena", "constantSize"])]: draws.of(large) }) && described,
    () => Object.assign((one.outputs as object[])[0]!, { [draws.of(["buffer", "offset"])]: draws.of(large) }) && described, // biome-ignore format: one line
    () => Object.assign(described.spec.outputs[0], { shape: [draws.of(large), ...(draws.oneIn(2) ? [draws.of(large)] : [])] }) && described, // biome-ignore format: one line
    // Consistent with nothing, and large enough to be seen where memory is taken for it.
    () => Object.assign(described.spec.outputs[0], { shape: [2 ** (20 + 2 * draws.below(4))] }) && described,
    () => Object.assign(described.spec.inputs[0], { shape: [draws.of(large)] }) && described,
    () => ({ ...described, programs: list.filter(() => draws.oneIn(2)) }),
  ];
  const programs = JSON.stringify(draws.of(changes)()) ?? "";
  const isSame = programs === parts.metadata.programs;
  const bytes = assembled({ ...parts, metadata: { ...parts.metadata, programs } });
  return { bytes, library: "same", inference: isSame ? "same" : "any" };
}

/** Another word or two in a program. */
function withWords(parts: Parts, draws: Draws): Forged {
  const data = parts.data.slice();
  const names = Object.keys(parts.entries).filter((name) => name.endsWith(".words"));
  const [from, to] = parts.entries[draws.of(names)]!.data_offsets;
  const view = new DataView(data.buffer, from, to - from);
  for (let times = 1 + draws.below(2); times > 0; times--) {
    const at = 4 * draws.below((to - from) / 4);
    const word = view.getInt32(at, true);
    view.setInt32(at, draws.of([0, 1, -1, 2, word + 1, word - 1, 1000, 2 ** 20, 2 ** 31 - 1, -(2 ** 31)]), true);
  }
  return { bytes: assembled({ ...parts, data }), library: "same", inference: "any" };
}

/** Another parameter: both predict with it, unless it is no number. */
function withNumbers(parts: Parts, draws: Draws): Forged {
  const data = parts.data.slice();
  const names = Object.keys(parts.entries).filter((name) => !name.startsWith("programs."));
  const [from, to] = parts.entries[draws.of(names)]!.data_offsets;
  const value = draws.of([0, 1, -2, 0.5, 3, Number.NaN, Number.POSITIVE_INFINITY]);
  new DataView(data.buffer).setFloat32(from + 4 * draws.below((to - from) / 4), value, true);
  const isGood = Number.isFinite(value);
  return { bytes: assembled({ ...parts, data }), library: isGood ? "any" : "refused", inference: isGood ? "as the library" : "refused" }; // biome-ignore format: one line
}

function damaged({ bytes }: Example, draws: Draws): Forged {
  const changed = new Uint8Array(draws.of(Object.values(damages))(bytes, draws));
  const wanted = Buffer.compare(changed, bytes) === 0 ? "same" : "refused";
  return { bytes: changed, library: wanted, inference: wanted };
}

async function oneCase(draws: Draws, { files, on, worker }: Setting): Promise<string> {
  const file = draws.of(files);
  const forged = draws.oneIn(5) ? damaged(file, draws) : draws.of(forgeries)(file.parts, draws);
  const own = await byLibrary(forged, file, on, draws);
  const ending = await worker.run(forged.bytes, file.inputs, draws.oneIn(4) ? { passes: 2 } : {});
  const isPlain = !("predicted" in ending) || !ending.predicted.includes("uncertainty");
  const other = judged(ending, forged, file, isPlain ? own : undefined);
  return own === REFUSED && other === REFUSED ? REFUSED : `${own} by the library, ${other} by heaviside/inference`;
}

/** What the library predicts by a file, where it was read for that; in a word otherwise. */
async function byLibrary({ bytes, library, inference }: Forged, file: Example, on: Backend, draws: Draws) {
  const found = await attempt(10 * bytes.length + 1_000_000, "model file|checkpoint|predictor|predict", async () => {
    const isAsked = library === "same" || inference === "as the library" || draws.oneIn(8);
    if (!isAsked) return JSON.stringify(loadModel(bytes).params) && "loaded";
    const predict = await predictor(bytes, { backend: on });
    return JSON.stringify(predict.batch(file.inputs as never));
  });
  if (library === "refused" && found !== REFUSED) throw new Error("the library has read a file that must be refused");
  if (library === "same" && found !== file.predicted) throw new Error(`the library predicts ${found}, not ${file.predicted}`); // biome-ignore format: one line
  predictedBy.set(file, found);
  return found === REFUSED ? REFUSED : "read";
}

/** What the library predicted last by a changed file. */
const predictedBy = new WeakMap<Example, string>();

function judged(ending: Ending, { inference }: Forged, file: Example, own: string | undefined): string {
  if ("crashed" in ending) throw new Error(`heaviside/inference: ${ending.crashed}`);
  if ("endless" in ending) {
    if (inference !== "any") throw new Error("heaviside/inference doesn't end");
    return "stopped";
  }
  if ("refused" in ending) {
    checkMessage(ending.refused);
    if (inference === "same" || (inference === "as the library" && own !== REFUSED)) throw new Error(`heaviside/inference: ${ending.refused}`); // biome-ignore format: one line
    return REFUSED;
  }
  if (inference === "refused") throw new Error("heaviside/inference has read a file that must be refused");
  const wanted = inference === "same" ? file.predicted : inference === "as the library" ? predictedBy.get(file) : undefined; // biome-ignore format: one line
  if (wanted !== undefined && own !== undefined && !isNear(JSON.parse(ending.predicted), JSON.parse(wanted)))
    throw new Error(`heaviside/inference predicts ${ending.predicted}, the library ${wanted}`);
  return "predicted";
}

/** Whether two values of JSON are the same but for roundings. */
function isNear(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [one, other] = [Object.entries(a), Object.entries(b)];
  return one.length === other.length && one.every(([key, value]) => isNear(value, (b as Record<string, unknown>)[key]));
}
