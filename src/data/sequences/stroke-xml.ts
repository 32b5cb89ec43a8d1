import { UserError } from "../../errors.ts";
import { cut, show } from "../../rules.ts";
import type { Line, Point } from "./pen.ts";

/** The elements from the root of a file to a point of the pen. */
const PATH = ["WhiteboardCaptureSession", "StrokeSet", "Stroke", "Point"] as const;

/** The declaration or a comment, with the spaces after it. */
const ASIDE = /(?:<\?xml[\s\S]*?\?>|<!--[\s\S]*?-->)\s*/y;
/** A tag in parts. As one pattern, many attributes would take more of the engine's stack than there is. */
const TAG = /<(\/?)([A-Za-z_][\w.-]*)/y;
const ONE_ATTRIBUTE = /\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;
const TAG_END = /\s*(\/?)>\s*/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The lines of a file of IAM-OnDB's lineStrokes: each `Stroke` of the `StrokeSet` with its `Point`s, which have attributes x and y. Other elements
 * are passed over. Throws UserError, naming the file and the line, for what isn't well-formed or isn't in this format: text between tags, tags
 * that don't match, an end before the root's, a stroke without points, a point without numbers.
 */
export function strokesIn(xml: string, file: string): Line[] {
  const lines: Point[][] = [];
  const open: string[] = [];
  let [at, from, ended] = [0, 0, false];
  const refuse = (rule: string): UserError =>
    new UserError(`data: ${file}, line ${xml.slice(0, from).split("\n").length}: ${rule}`);
  const isAt = (depth: number): boolean =>
    open.length === depth && PATH.slice(0, depth).every((name, level) => open[level] === name);
  const close = (name: string): void => {
    if (isAt(3) && lines.at(-1)!.length === 0) throw refuse("a Stroke must have at least one Point");
    if (open.pop() !== name) throw refuse(`</${cut(name)}> closes an element that is not open`);
    ended = open.length === 0;
  };
  at = xml.length - xml.trimStart().length;
  while (at < xml.length) {
    from = at;
    const aside = matchAt(ASIDE, xml, at);
    if (aside) {
      at += aside[0].length;
      continue;
    }
    const tag = tagAt(xml, at);
    if (!tag) throw refuse(`there must be a tag, received ${show(xml.slice(at, at + 40))}`);
    const { slash, name, attributes, empty } = tag;
    at = tag.end;
    if (ended) throw refuse(`nothing may follow the end of ${PATH[0]}, received ${cut(name)}`);
    if (slash === "/") {
      close(name);
      continue;
    }
    open.push(name);
    if (open[0] !== PATH[0]) throw refuse(`the first element must be ${PATH[0]}, received ${cut(name)}`);
    if (isAt(3)) lines.push([]);
    if (isAt(4)) lines.at(-1)!.push(pointOf(attributes, refuse));
    if (empty === "/") close(name);
  }
  from = xml.length;
  if (!ended)
    throw refuse(
      `the file ends before ${open.length > 0 ? `</${cut(open.at(-1)!)}>` : `its ${PATH[0]}`}: it may be cut off`,
    );
  if (lines.length === 0) throw refuse("the StrokeSet must have at least one Stroke");
  return lines;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The tag that begins there, with the spaces after it; undefined where none does. */
function tagAt(xml: string, start: number) {
  const head = matchAt(TAG, xml, start);
  if (!head) return undefined;
  const [whole, slash, name] = head as unknown as [string, string, string];
  const from = start + whole.length;
  let at = from;
  for (let found = matchAt(ONE_ATTRIBUTE, xml, at); found; found = matchAt(ONE_ATTRIBUTE, xml, at))
    at += found[0].length;
  const last = matchAt(TAG_END, xml, at);
  return last && { slash, name, attributes: xml.slice(from, at), empty: last[1], end: at + last[0].length };
}

function pointOf(attributes: string, refuse: (rule: string) => UserError): Point {
  const values = new Map<string, string>();
  for (const [, name = "", double, single] of attributes.matchAll(ATTRIBUTE)) {
    if (values.has(name)) throw refuse(`a Point must have ${name} once`);
    values.set(name, double ?? single ?? "");
  }
  const [x, y] = ["x", "y"].map((name) => {
    const text = values.get(name);
    if (text === undefined || !NUMBER.test(text) || !Number.isFinite(Number(text)))
      throw refuse(`a Point must have a number ${name}, received ${text === undefined ? "none" : show(text)}`);
    return Number(text);
  });
  return [x!, y!];
}
