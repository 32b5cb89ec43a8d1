// The networks that stations look into: those that the page trains in a few seconds when one is first asked for, and the one of the station Train.
import { idxNames } from "../../src/lab/idx-names.ts";
import { dataAt } from "./data-address.ts";
import { type Job, startJob, workerAddress } from "./job.ts";
import { type NetworkName, networkNames } from "./networks.ts";
import { keyOf, recall, remember } from "./remembered.ts";
import { threadsFor } from "./threads.ts";
import { type Trained, trained } from "./trained.svelte.ts";
import type { TrainNews, TrainRequest } from "./worker/train-messages.ts";

const base = { data: { name: "mnist", limit: 20_000 } };
const training = { epochs: 3, batch: 100, seed: 1 };
/** What is trained for those who trained nothing yet, as configs of the command line. */
const standard = {
  binary: {
    title: "400 neurons that fire or stay silent",
    config: {
      ...base,
      model: { name: "mlp", hidden: [{ units: 400, estimator: "straight-through-slope" }] },
      training: { ...training, optimizer: { name: "momentum", rate: 0.3 } },
    },
  },
  gated: {
    title: "32 blocks, of which gates open 4",
    config: {
      ...base,
      model: {
        name: "gated-mlp",
        gated: [
          {
            ...{ blocks: 32, width: 32, activation: "rectifier", gain: 4 },
            gater: { name: "dense", hidden: [] },
            gate: { name: "top-k", k: 4 },
            sparsity: { name: "balance", target: 0.125, step: 0.01 },
          },
        ],
      },
      training: { ...training, optimizer: { name: "adam", rate: 0.003 } },
    },
  },
  // Each gate is drawn, and sparse by a penalty on how often it opens: Bengio, Léonard and Courville 2013, section 5.
  chance: {
    title: "32 blocks, of which gates open a few by chance",
    config: {
      ...base,
      model: {
        name: "gated-mlp",
        gated: [
          {
            ...{ blocks: 32, width: 32, activation: "rectifier" },
            gater: { name: "dense", hidden: [] },
            gate: "straight-through-slope",
            sparsity: { name: "kl", target: 0.125, weight: 0.1 },
          },
        ],
      },
      training: { ...training, optimizer: { name: "adam", rate: 0.003 } },
    },
  },
} as const;

/** How the server calls a file of MNIST as it is now; null where it doesn't say. */
async function tagOf(name: string): Promise<string | null> {
  const { ok, headers } = await fetch(dataAt(`mnist/${name}.gz`), { method: "HEAD", cache: "no-cache" });
  return ok ? (headers.get("etag") ?? headers.get("last-modified")) : null;
}

/** A network that is being trained, or is there. */
class Standard {
  network = $state.raw<Trained>();
  /** Why there is none: how far it is, or what went wrong. */
  status = $state("");
  /** The share of its steps that are taken. */
  progress = $state(0);
  #wanted = false;
  #job: Job<TrainRequest> | undefined;
  readonly #name: keyof typeof standard;

  constructor(name: keyof typeof standard) {
    this.#name = name;
  }

  /** Trains it, the first time that it is asked for, unless the browser remembers it from another visit. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.status = "training begins";
    void this.#find();
  }

  async #find(): Promise<void> {
    const { config } = standard[this.#name];
    const tags = await Promise.all(Object.values(idxNames).map(tagOf)).catch(() => [null]);
    const key = await keyOf(JSON.stringify(config), workerAddress, ...tags);
    const file = key === undefined ? undefined : await recall(this.#name, key);
    if (file) this.#have(file);
    else this.#train(key);
  }

  #have(file: Trained["file"]): void {
    const { title, config } = standard[this.#name];
    this.network = { file, config, words: title };
    this.status = "";
  }

  #train(key: string | undefined): void {
    const { config } = standard[this.#name];
    let steps = 1;
    const end = (status: string) => {
      this.status = status;
      this.#job?.end();
    };
    this.#job = startJob<TrainRequest, TrainNews>(
      "train",
      (news) => {
        if (news.kind === "begun") steps = news.steps;
        else if (news.kind === "losses") {
          this.progress = news.step / steps;
          this.status = `training, step ${news.step} of ${steps}`;
        } else if (news.kind === "done") this.#job?.send({ kind: "save" });
        else if (news.kind === "file") {
          end("");
          this.#have(news.bytes);
          if (key !== undefined) void remember(this.#name, key, news.bytes);
        } else if (news.kind === "error") end(`failed: ${news.message}`);
      },
      (message) => end(`failed: ${message}`),
    );
    const [threads, data] = [threadsFor(0), dataAt()];
    this.#job.send({
      kind: "start",
      run: 1,
      config: { ...config, machine: { backend: "wasm", threads } },
      data,
      drawn: 1,
    });
  }
}

const standards = {
  binary: new Standard("binary"),
  gated: new Standard("gated"),
  chance: new Standard("chance"),
};

/** What a user may choose from, in words. */
export const offered = networkNames.map((name) => ({
  name,
  title: name === "own" ? "the network of Train" : standard[name].title,
}));

/** What is known of a network by its name. It is reactive; nothing is trained before `want`. */
export const atHand = (
  name: NetworkName,
): { readonly network: Trained | undefined; readonly status: string; readonly progress: number; want(): void } =>
  name === "own"
    ? {
        network: trained.network,
        status: trained.network ? "" : "train one in the station Train: it is shown here when it ends",
        progress: 0,
        want: () => {},
      }
    : standards[name];
