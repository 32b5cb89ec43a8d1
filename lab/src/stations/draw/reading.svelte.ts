import { dataAt } from "../../data-address.ts";
import { type Job, startJob } from "../../job.ts";
import type { DrawAnswer, DrawNews, DrawRequest, Picture } from "../../worker/draw-messages.ts";

type Misread = Extract<DrawNews, { kind: "misread" }>;

/** What the worker says of the pictures that it is given. */
export class Reading {
  /** Undefined where nothing is read yet, and for an empty pad. */
  answer = $state.raw<DrawAnswer>();
  misread = $state.raw<Misread>();
  problem = $state("");
  #job: Job<DrawRequest> | undefined;
  /** Whether there is a network whose answers are awaited. */
  #awaited = false;
  #onPng: (bytes: Uint8Array<ArrayBuffer>) => void = () => {};

  network(file: Uint8Array<ArrayBuffer> | undefined): void {
    this.misread = undefined;
    this.answer = undefined;
    this.#awaited = file !== undefined;
    if (!file) return;
    this.#send({ kind: "network", file, data: dataAt("mnist/") });
  }
  picture(picture: Picture, seed: number): void {
    this.#send({ kind: "picture", picture, seed });
  }
  png(then: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    this.#onPng = then;
    this.#send({ kind: "png" });
  }
  end(): void {
    this.#job?.end();
  }

  #send(request: DrawRequest): void {
    this.problem = "";
    this.#job ??= startJob<DrawRequest, DrawNews>(
      "draw",
      (news) => this.#take(news),
      (message) => (this.problem = message),
    );
    this.#job.send(request);
  }
  #take(news: DrawNews): void {
    if (!this.#awaited && news.kind !== "error") return;
    if (news.kind === "answer") this.answer = news;
    else if (news.kind === "empty") this.answer = undefined;
    else if (news.kind === "misread") this.misread = news;
    else if (news.kind === "png") this.#onPng(news.bytes);
    else this.problem = news.message;
  }
}
