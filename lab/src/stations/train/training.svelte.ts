import { type Job, startJob } from "../../job.ts";
import type { Own } from "../../worker/own-files.ts";
import type { SurfaceNews } from "../../worker/surface-messages.ts";
import type { NewsOfRun, TrainNews, TrainRequest } from "../../worker/train-messages.ts";

type News<K extends TrainNews["kind"]> = Extract<TrainNews, { kind: K }>;
/** Where a training stands. */
export type Stage = "idle" | "loading" | "running" | "paused" | "stopped" | "done" | "failed";

/** What is asked of a training, and how its run is called. */
export interface Asked {
  /** Its settings in one text, as `runText` writes them. */
  readonly text: string;
  /** As of the command line. */
  readonly config: unknown;
  /** The file or folder that it reads, where it is the user's own. */
  readonly own: Own | undefined;
}

/** What is known of a run. */
export interface Ran {
  readonly stage: Stage;
  readonly step: number;
  readonly begun: News<"begun"> | undefined;
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly epochs: readonly News<"epoch">["metrics"][];
  readonly done: News<"done"> | undefined;
}

/** Milliseconds that the step in which a training is stopped may take; then its worker is ended. */
const GRACE = 3000;

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
  weights = $state.raw<Omit<News<"weights">, "kind" | "png"> & { readonly url: string }>();
  surface = $state.raw<SurfaceNews>();
  done = $state.raw<News<"done">>();
  /** The training that runs, or ran last. */
  asked = $state.raw<Asked>();
  /** Epochs whose weights can be viewed; 0 is before the first step. */
  kept = $state.raw<readonly number[]>([]);
  /** The one that is viewed; undefined: the weights that the training has. */
  viewed = $state<number>();
  /** Told of the model file whenever the training waits or ends, or an epoch is viewed. */
  onTrained: (news: News<"trained">) => void = () => {};
  /** Told when it is done, stopped or failed. */
  onEnd: () => void = () => {};
  #job: Job<TrainRequest> | undefined;
  #sum = { loss: 0, steps: 0 };
  /** Whether it ends with the step that it is in. */
  isStopping = $state(false);
  /** Whether it waits after the step that it is in. */
  isPausing = $state(false);
  /** What is kept of a training that was stopped within a step; empty for others. */
  keeps = $state("");
  /** The number of the last training that was begun. */
  #run = 0;
  /** Pictures that came, and the number of the one that is shown. */
  #asked = 0;
  #shown = 0;
  /** The last weights that the worker gave unasked: all that is left when it is ended. */
  #last: News<"trained"> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #onFile: (bytes: Uint8Array<ArrayBuffer>) => void = () => {};

  /** Whether there are weights to be saved. */
  get hasWeights(): boolean {
    return this.step > 0 && (this.#job !== undefined || this.keeps === "" || this.#last !== undefined);
  }

  get isBusy(): boolean {
    return this.stage === "loading" || this.stage === "running" || this.stage === "paused";
  }

  /** Whether an earlier epoch can be viewed now. */
  get isAtRest(): boolean {
    return this.stage === "paused" || this.stage === "stopped" || this.stage === "done";
  }

  /** What is known of the run. */
  get ran(): Ran {
    const { stage, step, begun, losses, epochs, done } = this;
    return { stage, step, begun, losses, epochs, done };
  }

  /** Begins a new training, or continues the last one after an epoch; one that runs is stopped. */
  start(asked: Asked, data: string, drawn: number, from?: number): void {
    const { epochs, isBusy } = this;
    const step = from === undefined ? 0 : (epochs.find(({ epoch }) => epoch === from)?.step ?? 0);
    Object.assign(this, { stage: "loading", what: "", begun: undefined, step, speed: Number.NaN, done: undefined });
    this.asked = asked;
    Object.assign(this, { isStopping: false, isPausing: false, keeps: "" });
    this.#last = undefined;
    this.surface = undefined;
    this.viewed = undefined;
    this.losses = this.losses.filter((point) => point.step <= step);
    this.epochs = epochs.filter(({ epoch }) => epoch <= (from ?? 0));
    this.kept = this.kept.filter((epoch) => epoch <= (from ?? -1));
    this.#sum = { loss: 0, steps: 0 };
    this.#run++;
    const request = {
      run: this.#run,
      config: asked.config,
      data,
      own: asked.own,
      drawn,
      ...(from !== undefined && { from }),
    };
    const send = () => this.#send({ kind: "start", ...request });
    send();
    // The step of the training before may be a long one.
    clearTimeout(this.#grace);
    if (isBusy)
      this.#grace = setTimeout(() => {
        this.#endWorker();
        send();
      }, GRACE);
  }

  #send(request: TrainRequest): void {
    this.#job ??= startJob<TrainRequest, NewsOfRun>(
      "train",
      (news) => this.#take(news),
      (message) => this.#fail(message),
    );
    this.#job.send(request);
  }

  #endWorker(): void {
    this.#job?.end();
    this.#job = undefined;
    this.kept = [];
  }

  /** Shows the weights after an epoch, which are saved then; undefined: those that the training has. */
  view(epoch: number | undefined): void {
    this.viewed = epoch;
    this.#job?.send({ kind: "view", epoch });
  }

  pause(): void {
    this.isPausing = true;
    this.#job?.send({ kind: "pause" });
  }
  resume(): void {
    this.isPausing = false;
    this.viewed = undefined;
    this.#job?.send({ kind: "resume" });
  }
  takeStep(): void {
    this.viewed = undefined;
    this.#job?.send({ kind: "step" });
  }
  /** Ends it after the step that it is in, or within that step where it is a long one. */
  stop(): void {
    this.isStopping = true;
    this.#job?.send({ kind: "stop" });
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      this.#endWorker();
      const { epoch } = this.epochs.at(-1) ?? {};
      this.keeps =
        this.#last && epoch !== undefined ? `the weights after epoch ${epoch} are kept` : "no epoch had ended";
      if (this.#last) this.step = this.#last.step;
      this.#end("stopped");
    }, GRACE);
  }
  /** Gives the weights as a model file. */
  save(then: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    this.#onFile = then;
    if (this.#job) this.#job.send({ kind: "save" });
    else if (this.#last) then(this.#last.bytes);
  }
  end(): void {
    clearTimeout(this.#grace);
    this.#job?.end();
    if (this.weights) URL.revokeObjectURL(this.weights.url);
  }

  #fail(message: string): void {
    this.what = message;
    this.#end("failed");
  }

  #end(stage: Stage): void {
    clearTimeout(this.#grace);
    Object.assign(this, { isStopping: false, isPausing: false });
    this.stage = stage;
    this.onEnd();
  }

  #take(news: NewsOfRun): void {
    if (news.run !== this.#run) return;
    if (!this.isStopping) clearTimeout(this.#grace);
    if (news.kind === "loading") this.what = news.what;
    else if (news.kind === "begun") {
      this.begun = news;
      this.stage = "running";
    } else if (news.kind === "losses") this.#addLosses(news);
    else if (news.kind === "epoch") {
      this.epochs = [...this.epochs, news.metrics];
      this.kept = news.kept;
    } else if (news.kind === "weights") void this.#show(news);
    else if (news.kind === "trained") {
      this.#last = news;
      this.onTrained(news);
    } else if (news.kind === "surface") this.surface = news;
    else if (news.kind === "paused") Object.assign(this, { stage: "paused", isPausing: false });
    else if (news.kind === "resumed") this.stage = "running";
    else if (news.kind === "stopped") this.#end("stopped");
    else if (news.kind === "file") this.#onFile(news.bytes);
    else if (news.kind === "error") this.#fail(news.message);
    else {
      this.done = news;
      this.#end("done");
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
  async #show({ kind: _, png, ...shows }: News<"weights">): Promise<void> {
    const shown = ++this.#asked;
    const url = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    const image = new Image();
    image.src = url;
    await image.decode().catch(() => {});
    const before = this.weights;
    if (this.#shown > shown) {
      URL.revokeObjectURL(url);
      return;
    }
    this.#shown = shown;
    this.weights = { url, ...shows };
    if (before) URL.revokeObjectURL(before.url);
  }
}
