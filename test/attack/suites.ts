import { cifar } from "./cifar.ts";
import { events } from "./events.ts";
import { failingCalls } from "./failing-calls.ts";
import { fullDisks } from "./full-disks.ts";
import { idx } from "./idx.ts";
import { imageFolders } from "./image-folders.ts";
import { images } from "./images.ts";
import { inWorker } from "./in-worker.ts";
import { json } from "./json.ts";
import { killing } from "./killed.ts";
import { killingAtCalls } from "./killed-at-calls.ts";
import { lab } from "./lab.ts";
import { longParts } from "./long-parts.ts";
import { measurements } from "./measurements.ts";
import { modelFiles } from "./model-files.ts";
import { npz } from "./npz.ts";
import type { Called } from "./places.ts";
import { predictFiles } from "./predict-files.ts";
import { strokes } from "./strokes.ts";
import type { Suite } from "./suite.ts";
import { parquet, tables } from "./tables.ts";
import { weights } from "./weights.ts";
import { wrongClocks } from "./wrong-clocks.ts";

const words = (line: string): string[] => line.split(" ");
const tiny = "--data-dir ../tiny --threads 1";
const training = (options: string) => ({
  argv: words(`train ${tiny} --hidden 12 --epochs 12 --batch 10 --out run ${options}`),
  again: words("train --resume --out run"),
});
const study = (line: string) => ({ argv: words(`${line} ${tiny} --out run`) });

/** Commands that write run folders and studies. */
const called: readonly Called[] = [
  {
    argv: words(`train ${tiny} --hidden 12 --steps 4 --validate-every 1 --batch 40 --tensorboard --out run`),
    again: words("train --resume --out run"),
  },
  study("experiment autoencoder --estimators disarm,concrete --steps 30 --latents 4 --pairs 2 --points 2"),
  { argv: words("experiment toys --estimators disarm,nvil --steps 30 --repeats 1 --threads 1 --out run") },
  study("measure --hidden 4 --estimators disarm,straight-through --replicates 400"),
  { argv: words("train --data ../table.csv --target y --hidden 4 --steps 2 --folds 2 --threads 1 --out run") },
];

const trained = (out: string) => words(`train ${tiny} --hidden 4 --steps 2 --batch 40 --out ${out}`);
/** Commands that write one file. */
const writing: readonly Called[] = [
  { before: trained("run"), argv: words("report run") },
  ...[
    "save trained run/model.safetensors",
    "save trained run/model.onnx",
    "describe trained --svg run/network.svg",
    "explore ../table.csv --out run/page.html",
    "data --data-dir ../tiny --out run/digits.png",
  ].map((line) => ({ before: trained("trained"), argv: words(line) })),
];

/** Every suite, in the order in which they run. */
export const suites: readonly Suite[] = [
  idx,
  npz,
  ...tables,
  parquet,
  images,
  imageFolders,
  cifar,
  weights,
  ...json,
  strokes,
  events,
  longParts,
  lab,
  measurements,
  predictFiles,
  modelFiles,
  inWorker({
    name: "checkpoints",
    about: "damaged and forged checkpoints, read",
    cases: 4000,
    full: 100_000,
    confine: true,
  }),
  inWorker({
    name: "run-folders",
    about: "run folders and records with something wrong, followed, compared and reported",
    cases: 200,
    full: 100_000,
    confine: true,
  }),
  inWorker({
    name: "configs",
    about: "config files with something wrong, described and trained on",
    cases: 800,
    full: 6000,
    confine: true,
  }),
  inWorker({
    name: "command-lines",
    about: "command lines of real flags and strange words",
    cases: 500,
    full: 10_000,
    confine: true,
  }),
  inWorker({
    name: "trainings",
    about: "random trainings: one thread, three threads and the reference agree",
    cases: 50,
    full: 4600,
    confine: false,
  }),
  inWorker({
    name: "calls",
    about: "calls with wrong sizes, indices and memory: all backends agree",
    cases: 400,
    full: 100_000,
    confine: false,
  }),
  inWorker({
    name: "exports",
    about: "random networks as ONNX and as a script predict the same",
    cases: 200,
    full: 5000,
    confine: false,
  }),
  killing({ name: "killed-trainings", about: "trainings killed at random moments and resumed", cases: 3, full: 60 }, [
    training("--estimator nvil --optimizer adam --rate 0.01"),
    training("--model gated-mlp --blocks 6 --gater dense:hidden=4"),
    training("--test epoch --schedule cosine --max-norm 2 --input-dropout 0.2"),
  ]),
  killing({ name: "killed-studies", about: "studies killed at random moments and given again", cases: 5, full: 50 }, [
    study("start --epochs 2 --units 8"),
    study("experiment autoencoder --estimators disarm,concrete --steps 60 --latents 6 --pairs 4 --points 2"),
    study("experiment figure-2 --quick --seeds 2 --epochs 1 --limit 100 --rows straight-through,sigmoid"),
    { argv: words("experiment toys --estimators disarm,nvil --steps 100 --repeats 1 --threads 1 --out run") },
    study("measure --hidden 4 --estimators disarm,straight-through --replicates 2000"),
  ]),
  killingAtCalls(
    {
      name: "killed-at-calls",
      about: "commands killed at every call of the file system, and given again",
      cases: 6,
      full: 1000,
    },
    called,
  ),
  fullDisks(
    { name: "full-disks", about: "a training on a disk of one page, of two, and so on", cases: 3, full: 50 },
    called[0]!,
  ),
  failingCalls(
    {
      name: "failing-calls",
      about: "commands whose calls of the file system fail, as on a full disk",
      cases: 6,
      full: 4000,
    },
    [...called, ...writing],
  ),
  wrongClocks(
    {
      name: "wrong-clocks",
      about: "commands whose clock jumps or stands still, or whose disk is slow",
      cases: 3,
      full: 30,
    },
    called,
  ),
];
