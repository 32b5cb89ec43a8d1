// The station of one layer: how a trained network of binary neurons reads a digit, draw after draw.
import "../../../src/graph/methods.ts";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { compile } from "../../../src/compile/compile.ts";
import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { gathered } from "../../../src/data/dataset.ts";
import { NdArray, type Tensor } from "../../../src/graph/index.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { key, tile } from "../../../src/random/index.ts";
import { DRAWS, type LayerAnswer, type LayerPicture, type LayerQuestion } from "./layer-messages.ts";
import { mnistAt } from "./mnist.ts";
import { sentenceOf } from "./sentence.ts";

/** A network that is looked into: its parameters before and after training, and the programs that read it. */
interface Opened {
  readonly model: Model;
  readonly trained: Params<NdArray>;
  readonly untrained: Params<NdArray>;
  read(params: Params<NdArray>, x: NdArray, seed: NdArray, round: NdArray): Record<Read, NdArray>;
}
type Read = "a" | "p" | "h" | "classes" | "deterministic";

/** The seed of the training that made the network: the first weights are drawn by it. */
const FIRST_WEIGHTS = 1;
const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

function opened(file: Uint8Array): Opened {
  const { model, params } = loadModel(file, { name: "the network" });
  const backend = referenceBackend();
  const read = compile(
    (p: Params<Tensor>, x: Tensor, seed: Tensor, round: Tensor) => {
      const draws = key(0).fold(seed).fold(round);
      const copies = tile(x, DRAWS);
      return {
        a: model.cut(p, x, 0, draws).a,
        p: model.hidden(p, x, "deterministic", draws)[0]!.rate,
        h: model.hidden(p, copies, "stochastic", draws)[0]!.output,
        classes: model.predict(p, copies, "stochastic", draws).predicted.probabilities!,
        deterministic: model.predict(p, x, "deterministic", draws).predicted.probabilities!,
      };
    },
    { backend },
  );
  return { model, trained: params, untrained: model.init(FIRST_WEIGHTS).params, read };
}

function picture(network: Opened, { test }: LabelledDataset, { file: _, ...question }: LayerQuestion): LayerPicture {
  const { example, untrained, seed, round, unit } = question;
  const params = untrained ? network.untrained : network.trained;
  const x = gathered(test.fields.x, Int32Array.of(example));
  const of = network.read(params, x, scalar(seed), scalar(round));
  const { data, shape } = params[0]!.weight!;
  const units = shape[1]!;
  return {
    kind: "picture",
    question,
    image: Float32Array.from(x.data),
    label: test.fields.label.data[example]!,
    a: Float32Array.from(of.a.data),
    p: Float32Array.from(of.p.data),
    h: Uint8Array.from(of.h.data),
    classes: Float32Array.from(of.classes.data),
    deterministic: Float32Array.from(of.deterministic.data),
    weights: Float32Array.from({ length: data.length / units }, (_, at) => data[at * units + unit]!),
  };
}

/** Answers the questions one after the other. */
export function run(port: MessagePort): void {
  let network: Opened | undefined;
  const answer = async (question: LayerQuestion): Promise<LayerAnswer> => {
    try {
      if (question.file) network = opened(question.file);
      // Of the training examples none is looked at.
      return picture(network!, await mnistAt(question.data, 1), question);
    } catch (error) {
      return { kind: "error", message: sentenceOf(error) };
    }
  };
  let last: Promise<void> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<LayerQuestion>) => {
    last = last.then(async () => port.postMessage(await answer(data)));
  };
}
