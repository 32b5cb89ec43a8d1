import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { writeTinyData } from "../../support/tiny-data.ts";
import { type Draws, damages } from "../draws.ts";
import { mutateJson } from "../mutate.ts";
import { accepted, type Heaviside, type Target } from "./target.ts";

/** Where the checksum's eight digits stand, after the length and `{"__metadata__":{"crc32":"`. */
const SUM_AT = 8 + '{"__metadata__":{"crc32":"'.length;

/** The same bytes with the checksum that they have. */
function signed(bytes: Uint8Array): Uint8Array {
  const sum = crc32(bytes.subarray(SUM_AT + 8), crc32(bytes.subarray(0, SUM_AT)));
  bytes.set(Buffer.from(sum.toString(16).padStart(8, "0")), SUM_AT);
  return bytes;
}

interface Parts {
  readonly header: { __metadata__: { crc32: string; checkpoint: string } };
  readonly arrays: Uint8Array;
}

function partsOf(bytes: Uint8Array): Parts {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
  return { header, arrays: bytes.subarray(8 + length) };
}

function assemble({ header, arrays }: Parts): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const head = new DataView(new ArrayBuffer(8));
  head.setBigUint64(0, BigInt(json.length), true);
  return signed(Uint8Array.from(Buffer.concat([new Uint8Array(head.buffer), json, arrays])));
}

/** A file whose checksum is right but whose header lies. */
function lying(original: Uint8Array, draws: Draws): Uint8Array {
  const { header, arrays } = partsOf(original);
  const { __metadata__: metadata, ...entries } = header;
  if (draws.oneIn(2)) {
    const checkpoint = JSON.stringify(mutateJson(JSON.parse(metadata.checkpoint), draws));
    return assemble({ header: { __metadata__: { ...metadata, checkpoint }, ...entries }, arrays });
  }
  const changed = mutateJson(entries, draws);
  const whole = typeof changed === "object" && changed !== null ? changed : { changed };
  return assemble({ header: { __metadata__: metadata, ...whole }, arrays });
}

async function examples(heaviside: Heaviside): Promise<Uint8Array[]> {
  const { gatedMlp, loadDataset, mlp, train } = heaviside;
  const data = await loadDataset("mnist", { dir: writeTinyData("tiny") });
  const models = [
    mlp({
      input: [4, 4],
      hidden: [
        { units: 5, estimator: "nvil" },
        { units: 3, estimator: "relax" },
      ],
      classes: 10,
    }),
    gatedMlp({
      input: [4, 4],
      gated: [
        {
          blocks: 4,
          width: 2,
          gater: { name: "dense", hidden: [3] },
          gate: "straight-through",
          sparsity: { name: "kl", target: 0.5, weight: 0.01 },
        },
      ],
      classes: 10,
    }),
  ];
  const files: Uint8Array[] = [];
  for (const [i, model] of models.entries()) {
    const optimizer = i === 0 ? { name: "adam" as const, rate: 0.01 } : { name: "momentum" as const, rate: 0.1 };
    await train(model, data, { epochs: 1, batch: 50, optimizer, runFolder: `run${i}`, backend: "reference" });
    // Not a Buffer, whose slices are views.
    files.push(Uint8Array.from(await readFile(`run${i}/checkpoint.safetensors`)));
  }
  return files;
}

/** Damaged and forged checkpoints: read as what they are, or refused in words. */
export const checkpoints: Target = async ({ heaviside }) => {
  const files = await examples(heaviside);
  return async (draws) => {
    const which = draws.below(files.length);
    const original = files[which]!;
    const damaged = draws.oneIn(3);
    const bytes = damaged ? draws.of(Object.values(damages))(original, draws) : lying(original, draws);
    const outcome = await accepted(heaviside, () => {
      const { params } = heaviside.loadModel(bytes);
      if (JSON.stringify(params) === undefined) throw new Error("a model without parameters");
    });
    const same = Buffer.compare(bytes, original) === 0;
    const loaded = outcome === "accepted";
    if (damaged && loaded !== same)
      throw new Error(loaded ? "damaged bytes were read as a model" : "whole bytes were refused");
    return outcome;
  };
};
