import { UserError } from "../../errors.ts";
import { Unreadable } from "../files.ts";
import { BadImage } from "./decoded.ts";

/** Files in one message. */
const MOST_NAMED = 20;

/** Files that can't be read, all of which are named together. */
export class BadFiles {
  readonly #dir: string;
  readonly #reasons = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  get isEmpty(): boolean {
    return this.#reasons.size === 0;
  }

  has(name: string): boolean {
    return this.#reasons.has(name);
  }

  async collect(name: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof BadImage || error instanceof Unreadable)) throw error;
      this.#reasons.set(name, error.message);
    }
  }

  error(): UserError {
    const count = this.#reasons.size;
    const more = count - MOST_NAMED;
    const named = [...this.#reasons].slice(0, MOST_NAMED).map(([name, reason]) => `${name} (${reason})`);
    return new UserError(
      `data: ${count === 1 ? "an image" : `${count} images`} of ${this.#dir} cannot be read: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}; repair ${count === 1 ? "it or take it" : "them or take them"} out of the folder`,
    );
  }
}
