// What can be said before a training: whether data, network and settings go together.
import { resolveConfig } from "../../../src/config/config.ts";
import { modelFor } from "../../../src/config/make.ts";
import { type Dataset, type SplitName, splitNames } from "../../../src/data/dataset.ts";
import { shapeOf } from "../../../src/data/images/in-files.ts";
import { UserError } from "../../../src/errors.ts";
import { NdArray, type Shape } from "../../../src/graph/index.ts";
import { lengthOf } from "../../../src/train/length.ts";
import { checkBatch, leastBytes } from "../../../src/train/room.ts";
import { datasetAt } from "./datasets.ts";
import type { Own } from "./own-files.ts";
import type { DataConfig, PreviewNews, Problem } from "./preview-messages.ts";
import { sentenceOf } from "./sentence.ts";
import { checkSteps } from "./steps.ts";

/** Images of a size, without their pixels: what a network is made for. */
function imagesOf(shape: Shape, classes: readonly string[], size: number): Dataset<"x" | "label"> {
  const split = <N extends SplitName>(name: N) => ({
    ...{ name, size },
    fields: { x: NdArray.zeros([1, ...shape]), label: NdArray.zeros([1], "int32") },
  });
  return {
    name: "images",
    fields: { x: { shape, dtype: "float32" }, label: { shape: [], dtype: "int32", classes } },
    splitNote: "",
    ...{ train: split(splitNames[0]), valid: split(splitNames[1]), test: split(splitNames[2]) },
  };
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
const SIDE = 28;
const TRAINED = 50_000;

async function dataOf({ name, ...options }: DataConfig, own: Own | undefined): Promise<Dataset> {
  if (name === "mnist" || name === "fashion-mnist")
    return imagesOf([SIDE, SIDE], digits, typeof options.limit === "number" ? options.limit : TRAINED);
  if (name !== "images" || own?.name !== options.dir) return datasetAt({ name, ...options }, { folder: "", own });
  const { dir: _, ...asked } = options;
  const { surveyOf } = await import("./own-datasets.ts");
  const survey = await surveyOf(own!, asked);
  const { classes, parts, note, warnings } = survey;
  return { ...imagesOf(shapeOf(survey), classes, parts[0]!.files.length), splitNote: note, warnings };
}

/** The data that were read last: settings are changed more often than data. */
let known: { readonly key: string; readonly own: Own | undefined; readonly data: Promise<Dataset> } | undefined;

async function knownData(config: DataConfig, own: Own | undefined): Promise<Dataset> {
  const key = JSON.stringify(config);
  if (known?.key !== key || known.own !== own) known = { key, own, data: dataOf(config, own) };
  return known.data;
}

/** Bytes that WebAssembly has, whatever the machine has. */
const MOST = 2 ** 32;

function checkMemory(bytes: number): void {
  if (bytes > MOST)
    throw new UserError(
      `train: the parameters, their updates and a mini-batch must fit into 4 GB of memory in a page, they need ${Math.ceil(bytes / 1e9)} GB: take fewer units, or a smaller batch`,
    );
}

/** What is wrong with a config, before it is trained. */
export async function check(config: { readonly data: DataConfig }, own: Own | undefined): Promise<PreviewNews> {
  let where: Problem["where"] = "data";
  let data: Dataset | undefined;
  const found = (problem?: Problem): PreviewNews => ({
    ...{ kind: "checked", problem, note: data?.splitNote },
    ...{ warnings: data?.warnings ?? [], examples: data?.train.size },
  });
  try {
    data = await knownData(config.data, own);
    where = "network";
    const job = resolveConfig(config, "lab");
    const model = modelFor(job, data);
    where = "training";
    checkBatch(job.training, model, data);
    checkMemory(leastBytes(job.training, model, data));
    checkSteps(lengthOf(data, job.training).total ?? 1);
    return found();
  } catch (error) {
    return found({ where, message: sentenceOf(error) });
  }
}
