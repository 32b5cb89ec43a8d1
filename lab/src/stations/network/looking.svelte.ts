import { dataAt } from "../../data-address.ts";
import { type Job, startJob } from "../../job.ts";
import type { Trained } from "../../trained.svelte.ts";
import type { NetworkNews, NetworkRequest } from "../../worker/network-messages.ts";

type News<K extends NetworkNews["kind"]> = Extract<NetworkNews, { kind: K }>;
type Told = { readonly [K in Exclude<NetworkNews["kind"], "error">]?: News<K> };

/** A network in the worker that looks into it: what was told of it so far. */
export class Looking {
  told = $state.raw<Told>({});
  failure = $state("");
  /** Whether the worker measures time again. */
  isTiming = $state(false);
  #job: Job<NetworkRequest> | undefined;

  #send(request: NetworkRequest): void {
    this.#job ??= startJob<NetworkRequest, NetworkNews>(
      "network",
      (news) => this.#take(news),
      (message) => (this.failure = message),
    );
    this.#job.send(request);
  }

  /** Looks into another network. */
  into({ file, config }: Trained): void {
    this.told = {};
    this.failure = "";
    this.isTiming = true;
    this.#send({ kind: "network", file, config, data: dataAt("mnist/") });
  }
  example(place: number, seed: number): void {
    this.#send({ kind: "example", place, seed });
  }
  time(): void {
    this.isTiming = true;
    this.#send({ kind: "time" });
  }
  end(): void {
    this.#job?.end();
  }

  #take(news: NetworkNews): void {
    if (news.kind === "error") {
      this.failure = news.message;
      this.isTiming = false;
      return;
    }
    // What is left of the network before would come ahead of this.
    this.told = news.kind === "begun" ? { begun: news } : { ...this.told, [news.kind]: news };
    if (news.kind === "done" || news.kind === "times") this.isTiming = false;
  }
}
