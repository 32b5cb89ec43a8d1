import { type Job, startJob } from "../../job.ts";
import type { TrainNews, TrainRequest } from "../../worker/train-messages.ts";

type News<K extends TrainNews["kind"]> = Extract<TrainNews, { kind: K }>;
/** Where a training stands. */
export type Stage = "idle" | "loading" | "running" | "paused" | "stopped" | "done" | "failed";

/** Points that a line of losses has: the mean of the steps between two of them. */
const POINTS = 300;

/** A training in the worker, as the page sees it. */
export class Training {
  stage = $state<Stage>("idle");
  /** What is fetched, or what went wrong. */
  what = $state("");
  begun = $state.raw<News<"begun">>();
  step = $state(0);
  speed = $state(Number.NaN);
  /** Means of the losses of a share of the steps each, and where they end. */
  losses = $state.raw<{ readonly step: number; readonly loss: number }[]>([]);
  epochs = $state.raw<News<"epoch">["metrics"][]>([]);
  weights = $state.raw<{ readonly url: string; readonly step: number; readonly units: number }>();
  done = $state.raw<News<"done">>();
  #job: Job<TrainRequest> | undefined;
  #sum = { loss: 0, steps: 0 };
  #onFile: (bytes: Uint8Array<ArrayBuffer>) => void = () => {};

  get isBusy(): boolean {
    return this.stage === "loading" || this.stage === "running" || this.stage === "paused";
  }

  /** Begins a new training; one that runs is stopped. */
  start(config: unknown, data: string, drawn: number): void {
    this.#job ??= startJob<TrainRequest, TrainNews>(
      "train",
      (news) => this.#take(news),
      (message) => this.#fail(message),
    );
    Object.assign(this, { stage: "loading", what: "", begun: undefined, step: 0, speed: Number.NaN, done: undefined });
    this.losses = [];
    this.epochs = [];
    this.#sum = { loss: 0, steps: 0 };
    this.#job.send({ kind: "start", config, data, drawn });
  }

  pause(): void {
    this.#job?.send({ kind: "pause" });
  }
  resume(): void {
    this.#job?.send({ kind: "resume" });
  }
  takeStep(): void {
    this.#job?.send({ kind: "step" });
  }
  stop(): void {
    this.#job?.send({ kind: "stop" });
  }
  /** Gives the weights as a model file. */
  save(then: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    this.#onFile = then;
    this.#job?.send({ kind: "save" });
  }
  end(): void {
    this.#job?.end();
    if (this.weights) URL.revokeObjectURL(this.weights.url);
  }

  #fail(message: string): void {
    this.stage = "failed";
    this.what = message;
  }

  #take(news: TrainNews): void {
    if (news.kind === "loading") this.what = news.what;
    else if (news.kind === "begun") {
      this.begun = news;
      this.stage = "running";
    } else if (news.kind === "losses") this.#addLosses(news);
    else if (news.kind === "epoch") this.epochs = [...this.epochs, news.metrics];
    else if (news.kind === "weights") void this.#show(news);
    else if (news.kind === "paused") this.stage = "paused";
    else if (news.kind === "resumed") this.stage = "running";
    else if (news.kind === "stopped") this.stage = "stopped";
    else if (news.kind === "file") this.#onFile(news.bytes);
    else if (news.kind === "error") this.#fail(news.message);
    else {
      this.done = news;
      this.stage = "done";
    }
  }

  #addLosses({ step, losses, speed }: News<"losses">): void {
    const each = Math.max(1, Math.ceil((this.begun?.steps ?? 1) / POINTS));
    const added = [];
    for (const [i, loss] of losses.entries()) {
      this.#sum = { loss: this.#sum.loss + loss, steps: this.#sum.steps + 1 };
      if (this.#sum.steps < each) continue;
      added.push({ step: step - losses.length + i + 1, loss: this.#sum.loss / each });
      this.#sum = { loss: 0, steps: 0 };
    }
    if (added.length > 0) this.losses = [...this.losses, ...added];
    this.step = step;
    this.speed = speed;
  }

  /** A picture takes the place of the one before when it is decoded, so that nothing flickers. */
  async #show({ png, step, units }: News<"weights">): Promise<void> {
    const url = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    const image = new Image();
    image.src = url;
    await image.decode().catch(() => {});
    const before = this.weights;
    if (before && before.step > step && this.isBusy && step > 0) {
      URL.revokeObjectURL(url);
      return;
    }
    this.weights = { url, step, units };
    if (before) URL.revokeObjectURL(before.url);
  }
}
