import { checkNumber, counted, plural } from "../rules.ts";

/** How many training examples a limit takes, and what is said of it. */
export interface Limited {
  readonly trained: number;
  /** A sentence for the note on the splits, after a space; empty where nothing is omitted. */
  readonly note: string;
  /** One where the limit is larger than what there is. */
  readonly warnings: readonly string[];
}

/**
 * What a limit takes of the `offered` training examples: all where there are fewer.
 * @param subject what an error says first
 * @throws UserError for a limit that isn't a whole number of at least 1
 */
export function limited(subject: string, limit: number | undefined, offered: number): Limited {
  if (limit === undefined) return { trained: offered, note: "", warnings: [] };
  checkNumber(`${subject}: limit`, limit, { whole: true, atLeast: 1 });
  if (limit > offered) {
    const warning = `the limit of ${limit} is more than the ${counted(offered, "example")} to train on: ${plural(offered, "it is", "all of them are")} used`;
    return { trained: offered, note: "", warnings: [warning] };
  }
  return { trained: limit, note: limit < offered ? ` The limit omits ${offered - limit}.` : "", warnings: [] };
}
