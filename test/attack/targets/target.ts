import type { main } from "../../../src/cli/main.ts";
import type { Draws } from "../draws.ts";

/** The names of the package's main entry and of its engine. */
export type Heaviside = typeof import("../../../src/index.ts") & typeof import("../../../src/entries/engine.ts");
export interface Cli {
  readonly main: typeof main;
}

/** What is attacked: made ready once in an empty working directory, then called for each case. A call gives in
 * a word how the case ended, and throws where that is wrong. */
export type Target = (built: {
  readonly heaviside: Heaviside;
  readonly cli: Cli;
}) => Promise<(draws: Draws) => Promise<string>>;

/** Runs `action`; "refused" where it threw the library's UserError. Anything else that is thrown is passed on. */
export async function accepted({ UserError }: Heaviside, action: () => unknown): Promise<"accepted" | "refused"> {
  try {
    await action();
    return "accepted";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    checkMessage(error.message);
    return "refused";
  }
}

const MOST_CHARACTERS = 8000;

/** Throws where a message that a user reads is too long, or shows what only the source knows. */
export function checkMessage(message: string): void {
  if (message.length > MOST_CHARACTERS)
    throw new Error(`a message of ${message.length} characters: ${message.slice(0, 300)} …`);
  const inside =
    /\n {4}at |\b(TypeError|RangeError|ReferenceError|SyntaxError)\b|Cannot read propert|is not iterable|is not a function/;
  const found = inside.exec(message);
  if (found) throw new Error(`a message that shows ${JSON.stringify(found[0])}: ${message.slice(0, 1000)}`);
}
