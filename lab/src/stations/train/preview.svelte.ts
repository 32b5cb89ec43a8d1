import { type Job, startJob } from "../../job.ts";
import type { Points, PreviewNews, PreviewRequest } from "../../worker/preview-messages.ts";

type Table = Extract<PreviewNews, { kind: "columns" }>;

/** What is known of data before a training. */
export class Preview {
  /** Some points of each shape, for its picture. */
  thumbnails = $state.raw<Readonly<Record<string, Points>>>({});
  /** Points of the data that are chosen. */
  points = $state.raw<Points>();
  /** The file that the user chose, and its columns once they are read. */
  file = $state.raw<File>();
  table = $state.raw<Table>();
  /** What is wrong with the file. */
  problem = $state("");
  #job: Job<PreviewRequest> | undefined;
  /** What is asked, in the order of the answers. */
  #asked: ((news: PreviewNews) => void)[] = [];

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
  show(data: { readonly name: string } | undefined): void {
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

  /** Reads the columns of a file, then calls `then` where it has some. */
  read(file: File, then: (table: Table) => void): void {
    Object.assign(this, { file, table: undefined, problem: "" });
    this.#ask({ kind: "columns", file }, (news) => {
      if (this.file !== file) return;
      if (news.kind === "error") this.problem = news.message;
      if (news.kind !== "columns") return;
      this.table = news;
      then(news);
    });
  }

  end(): void {
    this.#job?.end();
  }
}
