import { binarised, featureMeans } from "../../data/binarize.ts";
import { loadDataset } from "../../data/index.ts";
import { count } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { autoencoder, autoencoderNetworks } from "../../models/autoencoder.ts";
import { contestants, estimators } from "../contestants.ts";
import { choice, dataDir, number } from "../engine/options.ts";
import { defineExperiment } from "../experiment.ts";
import { autoencoderMarkdown, autoencoderPage, autoencoderText, question } from "./page.ts";
import { compared, protocol } from "./protocol.ts";
import { type Asked, type AutoencoderStudy, type Prepared, resultsOf, tasks } from "./study.ts";

const positive = { whole: true, atLeast: 1 } as const;
const STEPS = 20_000;

/** Trains the field's variational autoencoder with binary latents by each estimator, and measures its gradient's variance. */
export const binaryAutoencoder = defineExperiment({
  name: "autoencoder",
  title: "A variational autoencoder with binary latents, by each estimator",
  question,
  duration: "90 minutes on one core",
  options: {
    estimators: estimators(`which, such as disarm,leave-one-out:samples=4 (default: ${compared.length})`),
    data: choice("data set, made binary once and for all", ["mnist", "fashion-mnist"], "mnist"),
    dataDir,
    encoder: choice("encoder, whose mirror is the decoder", autoencoderNetworks, "linear"),
    layers: number("stochastic layers", positive, 1),
    latents: number("binary units of a layer", positive, protocol.latents),
    steps: number("training steps of each", positive, STEPS),
    seed: number("decides every random number", { whole: true, atLeast: 0, atMost: 2 ** 32 - 1 }, 1),
    limit: number("first training examples to train on (default: all)", { whole: true, atLeast: protocol.batch }),
    pairs: number("pairs of gradients for each variance", { whole: true, atLeast: 2 }, 100),
    points: number("measurements of the variance after the start (default: 8)", positive),
  },
  threads: 1,
  folders: "one",
  settings(given): Asked {
    const { data, encoder, layers, latents, steps, seed, limit, pairs, dataDir } = given;
    const points = given.points ?? Math.min(8, steps);
    // Each is at a step of its own.
    if (points > steps)
      throw new UserError(`autoencoder: --points must be at most --steps, ${steps}, received ${points}`);
    const entrants = given.estimators ?? contestants("autoencoder: --estimators", compared.join(","));
    const probe = { mean: new Float32Array(1), network: encoder };
    for (const { config } of entrants) autoencoder({ ...probe, estimator: config });
    const settings = {
      ...{ data, network: encoder, layers, latents, steps, seed },
      ...(limit !== undefined && { limit }),
      ...{ pairs, points, batch: protocol.batch, rate: protocol.rate, priorRate: protocol.priorRate },
      ...{ samples: protocol.samples, binarisation: protocol.binarisation },
    };
    return { settings, entrants, dataDir };
  },
  // Others than the first can be added: its training gives the parameters at which all are measured.
  identity: ({ settings, entrants, dataDir }) => ({ ...settings, reference: entrants[0]!.label, dir: dataDir }),
  async prepare({ settings, dataDir }): Promise<Prepared> {
    const { data: name, limit, batch, binarisation } = settings;
    const data = binarised(await loadDataset(name, { dir: dataDir, limit }), binarisation);
    if (data.train.size < batch)
      throw new UserError(
        `autoencoder: needs at least ${batch} training examples, a batch, received ${data.train.size}`,
      );
    return { data, mean: featureMeans(data.train), trained: new Map() };
  },
  heading: ({ settings: { settings, entrants }, data: { data } }) => [
    `autoencoder, ${settings.network}, ${settings.layers === 1 ? "" : `${settings.layers} layers of `}${settings.latents} binary latents`,
    `${data.name}, ${count(data.train.size)} training examples`,
    `${count(settings.steps)} steps of ${settings.batch}, ${entrants.length} ${entrants.length === 1 ? "estimator" : "estimators"}`,
  ],
  tasks: (study: AutoencoderStudy) => tasks(study),
  said: (record) =>
    record.kind === "training"
      ? `training ELBO ${record.trainElbo.toFixed(2)}, test bound ${record.testBound.toFixed(2)}`
      : undefined,
  results: resultsOf,
  json: ({ settings, results }) => ({ settings, results }),
  text: (results, { bold }, columns) => autoencoderText(results, bold, columns),
  markdown: autoencoderMarkdown,
  page: autoencoderPage,
  pictures: "curves, variances and reconstructions",
});
