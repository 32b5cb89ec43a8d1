import { UserError } from "../errors.ts";
import { show } from "../rules.ts";

/** Objects and lists within each other: no file of ours needs a tenth of it, and what reads a value may recurse. */
const DEEPEST = 100;

/**
 * Parses JSON. Throws UserError with line, column and the rule: what was expected there, a name that comes twice in one object, or
 * lists and objects that are nested too deep. `name` stands for the file, `line` is that of the text's beginning.
 */
export function parseJson(text: string, name: string, line = 1): unknown {
  const mistake = findMistake(text);
  if (mistake) {
    const lines = text.slice(0, mistake.at).split("\n");
    throw new UserError(`${name}:${line + lines.length - 1}:${lines.at(-1)!.length + 1}: ${mistake.rule}`);
  }
  return JSON.parse(text);
}

/** The numbers of something nested, by their paths: { gates: [{ open: 0.1 }] } has one at "gates.0.open". */
export function numbersIn(value: unknown, path: readonly string[] = []): (readonly [path: string, value: number])[] {
  if (typeof value === "number") return [[path.join("."), value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

/** An object or a list that isn't closed yet. */
interface Open {
  readonly end: "}" | "]";
  /** The names so far, of an object. */
  readonly names: Set<string> | undefined;
}

interface Mistake {
  readonly at: number;
  readonly rule: string;
}

type Wanted = "value" | "value or end" | "name" | "name or end" | "next";

/** Where the text stops being JSON as we take it: the engines' own messages don't all say, and their parser keeps the last of two names. */
function findMistake(text: string): Mistake | undefined {
  const open: Open[] = [];
  let [at, wanted] = [spaceEnd(text, 0), "value" as Wanted];
  const expected = (what: string): Mistake => ({
    at,
    rule: `must be JSON: expected ${what}, received ${found(text, at)}`,
  });
  for (;;) {
    const top = open.at(-1);
    const character = text[at];
    if (top && character === top.end && (wanted === "next" || wanted.endsWith("or end"))) {
      open.pop();
      [at, wanted] = [at + 1, "next"];
    } else if (wanted === "next") {
      if (!top) return at < text.length ? expected("the end of the file") : undefined;
      if (character !== ",") return expected(`a comma or ${top.end}`);
      [at, wanted] = [at + 1, top.names ? "name" : "value"];
    } else if (top?.names && wanted.startsWith("name")) {
      const end = stringEnd(text, at);
      if (end === undefined) return expected("a name in double quotes");
      const name = JSON.parse(text.slice(at, end)) as string;
      if (top.names.has(name)) return { at, rule: `an object must have each name once, received ${show(name)} twice` };
      top.names.add(name);
      at = spaceEnd(text, end);
      if (text[at] !== ":") return expected("a colon");
      [at, wanted] = [at + 1, "value"];
    } else if (character === "{" || character === "[") {
      if (open.length === DEEPEST) return { at, rule: `must not be nested deeper than ${DEEPEST} levels` };
      const isObject = character === "{";
      open.push({ end: isObject ? "}" : "]", names: isObject ? new Set() : undefined });
      [at, wanted] = [at + 1, isObject ? "name or end" : "value or end"];
    } else {
      const end = stringEnd(text, at) ?? scalarEnd(text, at);
      if (end === undefined) return expected("a value");
      [at, wanted] = [end, "next"];
    }
    at = spaceEnd(text, at);
  }
}

const found = (text: string, at: number): string =>
  at >= text.length ? "the end of the file" : JSON.stringify(String.fromCodePoint(text.codePointAt(at)!));

function spaceEnd(text: string, at: number): number {
  while (at < text.length && " \t\n\r".includes(text[at]!)) at++;
  return at;
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

function scalarEnd(text: string, at: number): number | undefined {
  SCALAR.lastIndex = at;
  return SCALAR.test(text) ? SCALAR.lastIndex : undefined;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

function stringEnd(text: string, start: number): number | undefined {
  if (text[start] !== '"') return undefined;
  for (let at = start + 1; at < text.length; ) {
    if (text[at] === '"') return at + 1;
    if (text[at]! < " ") return undefined;
    ESCAPE.lastIndex = at;
    if (text[at] !== "\\") at++;
    else if (ESCAPE.test(text)) at = ESCAPE.lastIndex;
    else return undefined;
  }
  return undefined;
}
