import { UserError } from "../../../src/errors.ts";
import { array, gatedMlp, type Model, type NdArray } from "../../../src/index.ts";
import { classes, conv, dense, network, pool, recurrent } from "../../../src/models/index.ts";
import { integers, uniforms } from "../../workloads/data.ts";
import { parseTrainingStep, type TrainingStep } from "../../workloads/training-step.ts";
import type { Example } from "../network.ts";

const CLASSES = 10;
/** Rows and columns of an image; also the steps of a sequence and what each step reads. */
const SIDE = 28;

/** Steps that have a name in place of a size, each with the instructions that it is there for. */
const named: Readonly<Record<string, { readonly batch: number; readonly input: readonly number[]; model(): Model }>> = {
  /** Convolutions with pooling, and their gradients. */
  conv: {
    batch: 32,
    input: [SIDE, SIDE],
    model: () =>
      network({
        input: [SIDE, SIDE],
        stages: [
          ...[32, 64].flatMap((features) => [conv({ features, size: 5, estimator: "rectifier" }), pool()]),
          dense({ units: 256, estimator: "rectifier" }),
          dense({}),
        ],
        head: classes(CLASSES),
      }),
  },
  /** A loop over the steps of a sequence, forward and backward. */
  lstm: {
    batch: 32,
    input: [SIDE, SIDE],
    model: () =>
      network({
        input: [SIDE, SIDE],
        stages: [recurrent({ cell: "lstm", units: 128 }), dense({})],
        head: classes(CLASSES),
      }),
  },
  /** Blocks behind gates: routing, products of open pairs, their gradients. */
  gated: {
    batch: 100,
    input: [SIDE * SIDE],
    model: () =>
      gatedMlp({
        input: SIDE * SIDE,
        gated: [
          {
            ...{ blocks: 64, width: 32, activation: "rectifier", gain: 4 },
            gater: { name: "dense", hidden: [] },
            gate: { name: "top-k", k: 6 },
            sparsity: { name: "balance", target: 6 / 64, step: 0.01 },
          },
        ],
        classes: CLASSES,
      }),
  },
};

/** What is trained: a network of dense layers, or a model with its batch. */
export type Step = TrainingStep | Example;

function exampleOf(name: string, batch: number): Example {
  const { input, model } = named[name]!;
  const shape = [batch, ...input];
  const size = shape.reduce((product, n) => product * n);
  const x: NdArray = array(uniforms(4, size), { shape });
  return { model: model(), x, labels: array(integers(5, batch, CLASSES)) };
}

/**
 * `784-3000-10:37` is a network and the examples of a step (default: 100); in `s784-…` units fire at random. `conv`, `lstm` and `gated` are
 * networks of other stages, with batches of their own. Throws UserError for anything else.
 */
export function parseSize(text: string): Step {
  const [name = "", batch, ...rest] = text.split(":");
  const isNamed = Object.hasOwn(named, name);
  const examples = Number(batch ?? (isNamed ? named[name]!.batch : 100));
  if (rest.length > 0 || !Number.isInteger(examples) || examples < 1 || examples > 2 ** 16)
    throw new UserError(
      `roofline takes a network and its examples such as 784-3000-10:37, or one of ${Object.keys(named).join(", ")}; received ${text}`,
    );
  return isNamed
    ? exampleOf(name, examples)
    : parseTrainingStep(name.replace(/^s(?=\d)/, ""), examples, name.startsWith("s"));
}
