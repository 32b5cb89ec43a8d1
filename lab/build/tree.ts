// Parts of a file's syntax tree, and a file without some of them.

/** A part of a syntax tree, as far as it is looked at here. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}
/** What is taken out, and what is put in its place. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly put: string;
}

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;
export const nodesOf = (value: unknown): Node[] =>
  Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
/** What an identifier or a text says. */
export const nameOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  return node.type === "Identifier" ? String(node.name) : node.type === "Literal" ? String(node.value) : undefined;
};

/** The properties of an object that are written out, by name. */
export const propertiesOf = (object: Node): [name: string | undefined, property: Node][] =>
  nodesOf(object.properties).map((property) => [
    property.type === "Property" && property.computed !== true ? nameOf(property.key) : undefined,
    property,
  ]);

/** A property with the comma behind it. */
export const cutOf = ({ start, end }: Node, code: string): Cut => ({
  from: start,
  to: code.startsWith(",", end) ? end + 1 : end,
  put: "",
});

/** A file without parts. What lies in a part that is cut is gone with it. */
export function cutOut(code: string, cuts: readonly Cut[]): string {
  let [kept, at] = ["", 0];
  for (const { from, to, put } of [...cuts].sort((a, b) => a.from - b.from)) {
    if (from < at) continue;
    kept += code.slice(at, from) + put;
    at = to;
  }
  return kept + code.slice(at);
}
