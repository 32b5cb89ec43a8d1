import { dataAt } from "../../data-address.ts";
import { type Job, startJob } from "../../job.ts";
import type { Trained } from "../../trained.svelte.ts";
import { DRAWS, type LayerAnswer, type LayerPicture, type LayerQuestion } from "../../worker/layer-messages.ts";

export type Asked = Omit<LayerQuestion, "file" | "data" | "round">;

/** The draws of a layer for one digit: those of a round are shown one after the other, and the next round is asked for. */
export class Draws {
  picture = $state.raw<LayerPicture>();
  /** The draw that is shown, within its round. */
  at = $state(0);
  /** Draws so far, and what they say together. */
  seen = $state.raw<{
    readonly draws: number;
    readonly votes: readonly number[];
    readonly mean: readonly number[];
    readonly fired: number;
  }>();
  failure = $state("");
  #job: Job<LayerQuestion>;
  #asked: Asked | undefined;
  #file: Trained["file"] | undefined;
  #next: LayerPicture | undefined;
  /** Draws that were asked for and aren't there yet. */
  #wanted = 0;

  constructor() {
    this.#job = startJob<LayerQuestion, LayerAnswer>(
      "layer",
      (answer) => this.#take(answer),
      (message) => (this.failure = message),
    );
  }

  /** Begins anew with another question. */
  ask(asked: Asked, { file }: Trained): void {
    this.failure = "";
    this.#asked = asked;
    this.#next = undefined;
    this.#wanted = 0;
    this.#send(0, file);
  }

  /** Takes draws, and shows the last of them. Those that aren't there yet are taken when they come. */
  step(many = 1): void {
    this.#wanted = many;
    while (this.#wanted > 0 && this.#one()) this.#wanted--;
  }

  #one(): boolean {
    const { picture } = this;
    if (!picture) return false;
    if (this.at + 1 < DRAWS) {
      this.at++;
      this.#count(picture);
    } else if (this.#next) {
      this.picture = this.#next;
      this.#next = undefined;
      this.at = 0;
      this.#count(this.picture);
      this.#send(this.picture.question.round + 1);
    } else return false;
    return true;
  }

  end(): void {
    this.#job.end();
  }

  #send(round: number, file = this.#file): void {
    if (!this.#asked || !file) return;
    this.#job.send({ ...this.#asked, data: dataAt("mnist/"), round, ...(file !== this.#file && { file }) });
    this.#file = file;
  }

  #take(answer: LayerAnswer): void {
    if (answer.kind === "error") {
      this.failure = answer.message;
      return;
    }
    const { example, untrained, seed, unit, round } = answer.question;
    const asked = this.#asked!;
    const isOld = asked.example !== example || asked.untrained !== untrained || asked.seed !== seed;
    if (isOld || asked.unit !== unit) return;
    if (round > 0) {
      this.#next = answer;
      this.step(this.#wanted);
      return;
    }
    this.picture = answer;
    this.at = 0;
    this.seen = undefined;
    this.#count(answer);
    this.#send(1);
  }

  #count({ classes, h, p }: LayerPicture): void {
    const [count, units] = [classes.length / DRAWS, p.length];
    const these = classes.subarray(this.at * count, (this.at + 1) * count);
    const says = these.indexOf(Math.max(...these));
    const before = this.seen ?? { draws: 0, votes: new Array(count).fill(0), mean: new Array(count).fill(0), fired: 0 };
    const draws = before.draws + 1;
    this.seen = {
      draws,
      votes: before.votes.map((votes, i) => votes + (i === says ? 1 : 0)),
      mean: before.mean.map((mean, i) => mean + (these[i]! - mean) / draws),
      fired: h.subarray(this.at * units, (this.at + 1) * units).reduce((sum, one) => sum + one, 0),
    };
  }
}
