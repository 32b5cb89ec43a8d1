import { colourOf, escapeXml } from "../plots/index.ts";
import type { Feature } from "./features.ts";

/** Classes that have a colour of their own. */
const COLOURS = 6;

/** Rows by class, for colours; one group where there are no classes, or too many for colours. */
export interface Groups {
  readonly names: readonly string[];
  /** [rows that are drawn] */
  readonly of: Int32Array;
}

/** Characters of a name that can stand for a point, and classes that names can distinguish. */
const [SHORT, MOST_NAMES] = [2, 40];

/** Whether each class can be drawn by its name: names are short, and classes more than colours. */
export const drawnByName = ({ names }: Groups): boolean =>
  names.length > COLOURS && names.every((name) => name.length <= SHORT);

/**
 * The rows of a target of classes by the most frequent ones.
 * @param byName whether classes with short names may be more than colours
 */
export function groupsOf(target: Feature | undefined, byName = false): Groups | undefined {
  if (target?.kind !== "classes") return undefined;
  const counts = new Int32Array(target.names.length);
  for (const code of target.codes) if (code >= 0) counts[code]!++;
  const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const isNamed = byName && target.names.length <= MOST_NAMES && target.names.every((name) => name.length <= SHORT);
  const shown =
    target.names.length > COLOURS && !isNamed ? order.slice(0, COLOURS - 1) : [...order].sort((a, b) => a - b);
  const others = shown.length < target.names.length;
  const places = new Map(shown.map((code, place) => [code, place]));
  const names = [...shown.map((code) => target.names[code]!), ...(others ? ["others"] : [])];
  return { names, of: target.codes.map((code) => places.get(code) ?? (others ? shown.length : 0)) };
}

/** Colours and names, as HTML. */
export const legend = (groups?: Groups): string =>
  groups
    ? ` ${groups.names.map((name, i) => `<span class="swatch" style="background:${colourOf(i)}"></span>${escapeXml(name)}`).join(" &nbsp; ")}`
    : "";
