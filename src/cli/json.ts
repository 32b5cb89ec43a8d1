import { UserError } from "../errors.ts";

/** Parses JSON. Throws UserError with line, column and what was expected there; `name` stands for the file. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const mistake = findMistake(text);
    if (!mistake) throw new UserError(`${name}: is not JSON: ${(error as Error).message}`);
    const lines = text.slice(0, mistake.at).split("\n");
    const found =
      mistake.at >= text.length ? "the end of the file" : JSON.stringify(Array.from(text.slice(mistake.at))[0]);
    throw new UserError(
      `${name}:${lines.length}:${lines.at(-1)!.length + 1}: must be JSON: expected ${mistake.expected}, received ${found}`,
    );
  }
}

class Mistake {
  readonly at: number;
  readonly expected: string;
  constructor(at: number, expected: string) {
    this.at = at;
    this.expected = expected;
  }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where the text stops being JSON: the engines' own messages don't all say. */
function findMistake(text: string): Mistake | undefined {
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const sign = (character: string): boolean => {
    skip(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const list = (end: string, member: () => void): void => {
    if (sign(end)) return;
    do member();
    while (sign(","));
    if (!sign(end)) throw new Mistake(at, `a comma or ${end}`);
  };
  const value = (): void => {
    skip(SPACE);
    if (sign("[")) list("]", value);
    else if (sign("{"))
      list("}", () => {
        skip(SPACE);
        if (!skip(STRING)) throw new Mistake(at, "a name in double quotes");
        if (!sign(":")) throw new Mistake(at, "a colon");
        value();
      });
    else if (!skip(STRING) && !skip(SCALAR)) throw new Mistake(at, "a value");
  };
  try {
    value();
    skip(SPACE);
    return at < text.length ? new Mistake(at, "the end of the file") : undefined;
  } catch (error) {
    if (error instanceof Mistake) return error;
    throw error;
  }
}
