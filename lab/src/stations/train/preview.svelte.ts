import { type Job, startJob } from "../../job.ts";
import type { Own } from "../../worker/own-files.ts";
import type { DataConfig, Points, PreviewNews, PreviewRequest, Problem } from "../../worker/preview-messages.ts";
import { stampOf } from "./own.ts";

type News<K extends PreviewNews["kind"]> = Extract<PreviewNews, { kind: K }>;

/** Milliseconds after a change until settings are checked: those of a number that is being typed aren't. */
const PATIENCE = 200;

/** What is known of data before a training. */
export class Preview {
  /** Some points of each shape, for its picture. */
  thumbnails = $state.raw<Readonly<Record<string, Points>>>({});
  /** Points of the data that are chosen. */
  points = $state.raw<Points>();
  /** What the user chose. */
  own = $state.raw<Own>();
  /** All that were chosen, by name: a run that is kept may read another than the last. */
  readonly #all = new Map<string, Own>();
  /** The columns of a table, once they are read. */
  table = $state.raw<News<"columns">>();
  /** Images of each class, once they are read. */
  images = $state.raw<News<"images">>();
  /** Why the server hasn't got the images that are chosen; empty where it has. */
  missing = $state("");
  /** What is wrong with what the user chose. */
  problem = $state("");
  /** What was found of the settings last; undefined while a file is read. */
  checked = $state.raw<News<"checked">>();
  #job: Job<PreviewRequest> | undefined;
  /** What is asked, in the order of the answers. */
  #asked: ((news: PreviewNews) => void)[] = [];
  #waits: ReturnType<typeof setTimeout> | undefined;

  #ask(request: PreviewRequest, take: (news: PreviewNews) => void): void {
    this.#job ??= startJob<PreviewRequest, PreviewNews>(
      "preview",
      (news) => this.#asked.shift()?.(news),
      (message) => {
        this.problem = message;
      },
    );
    this.#asked.push(take);
    this.#job.send(request);
  }

  /** Draws a few points of each shape. */
  drawThumbnails(names: readonly string[], examples: number): void {
    for (const name of names)
      this.#ask({ kind: "points", data: { name, examples, valid: 1, test: 1 } }, (news) => {
        if (news.kind === "points") this.thumbnails = { ...this.thumbnails, [name]: news.points };
      });
  }

  /** Draws the points of a config's data; undefined where they aren't points. */
  show(data: DataConfig | undefined): void {
    const asked = data && JSON.stringify(data);
    if (asked === this.#shown) return;
    this.#shown = asked;
    this.points = undefined;
    if (!data) return;
    this.#ask({ kind: "points", data }, (news) => {
      if (this.#shown === asked && news.kind === "points") this.points = news.points;
    });
  }
  #shown: string | undefined;

  /** What goes wrong, beside some settings. */
  problemOf(where: Problem["where"]): string {
    const { problem } = this.checked ?? {};
    return problem?.where === where ? problem.message : "";
  }

  /** What was chosen last under a name. */
  called(name: string): Own | undefined {
    return this.own?.name === name ? this.own : this.#all.get(name);
  }

  /** Takes what the user chose for all that is asked from now on. */
  take(own: Own): void {
    stampOf(own);
    this.#all.set(own.name, own);
    Object.assign(this, { own, table: undefined, images: undefined, problem: "", checked: undefined });
    this.#ask({ kind: "own", own }, () => {});
  }

  /** Reads the columns of a table, then calls `then` where it has some. */
  readColumns(then: (table: News<"columns">) => void): void {
    const { own } = this;
    this.#ask({ kind: "columns" }, (news) => {
      if (this.own !== own) return;
      if (news.kind === "error") this.problem = news.message;
      if (news.kind !== "columns") return;
      this.table = news;
      then(news);
    });
  }

  /** Reads some images of the user's own. What is wrong with them is for `check` to say. */
  readImages(data: DataConfig): void {
    const { own } = this;
    this.#ask({ kind: "images", data }, (news) => {
      if (this.own === own && news.kind === "images") this.images = news;
    });
  }

  /** Finds out whether the settings go together, soon; the last ones that were given count. */
  check(config: { readonly data: DataConfig }): void {
    clearTimeout(this.#waits);
    this.#waits = setTimeout(() => {
      const asked = ++this.#checks;
      this.#ask({ kind: "check", config }, (news) => {
        if (asked === this.#checks && news.kind === "checked") this.checked = news;
      });
    }, PATIENCE);
  }
  #checks = 0;

  end(): void {
    clearTimeout(this.#waits);
    this.#job?.end();
  }
}
