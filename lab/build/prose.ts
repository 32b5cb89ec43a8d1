import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { type Cut, cutOf, cutOut, isNode, type Node, nameOf, nodesOf, propertiesOf } from "./tree.ts";

const library = fileURLToPath(new URL("../../src/", import.meta.url));

/** What a card says for pages. Its facts, such as `passes` and `readsPath`, stay. */
export const ofCards = ["title", "summary", "formula", "source", "bias", "use", "avoid", "cost", "equations"] as const;
/** What an option says for help texts and for flags. Its kind, its rule and its default stay. */
export const ofOptions = ["flag", "flagUsual", "usual", "parse", "unnamed", "instead", "flags", "element"] as const;
/** The functions that make options, by the end of their file's name, with the place of the description among their arguments. */
const makers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "/options/index.ts": { number: 1, whole: 1, choice: 1, list: 1, spec: 1, group: 1, map: 1, text: 0, boolean: 0 },
  "/options/option.ts": { number: 2, choice: 2 },
  "/activations.ts": { activation: 0 },
};

function* without(object: Node, names: readonly string[], code: string): Generator<Cut> {
  for (const [name, property] of propertiesOf(object))
    if (name !== undefined && names.includes(name)) yield cutOf(property, code);
}

/** An object that has a summary, and beside it what no other object of the library has, is a card. */
const isCard = (object: Node): boolean => {
  const names = propertiesOf(object).map(([name]) => name);
  return names.includes("summary") && (names.includes("title") || names.includes("formula"));
};

function* cutsIn(node: Node, made: ReadonlyMap<string, number>, code: string): Generator<Cut> {
  const place = node.type === "CallExpression" ? made.get(nameOf(node.callee) ?? "") : undefined;
  const [description, extras] = place === undefined ? [] : nodesOf(node.arguments).slice(place);
  if (description?.type === "Literal" || description?.type === "TemplateLiteral")
    yield { from: description.start, to: description.end, put: '""' };
  if (extras?.type === "ObjectExpression") yield* without(extras, ofOptions, code);
  if (node.type === "ObjectExpression" && isCard(node)) yield* without(node, ofCards, code);
  // Of a cell; all of its equations are text.
  if (node.type === "ObjectExpression") yield* without(node, ["equations"], code);
  for (const value of Object.values(node)) for (const below of nodesOf(value)) yield* cutsIn(below, made, code);
}

/** The functions that make options, under the names that a file gives them. */
function makersIn(body: readonly Node[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { type, source, specifiers } of body) {
    if (type !== "ImportDeclaration" || !isNode(source)) continue;
    const places = Object.entries(makers).find(([file]) => String(source.value).endsWith(file))?.[1] ?? {};
    for (const { imported, local } of nodesOf(specifiers)) {
      const place = places[nameOf(imported) ?? ""];
      if (place !== undefined) found.set(nameOf(local)!, place);
    }
  }
  return found;
}

/** A file of the library without what it says for pages, help texts and flags alone. */
export function withoutProse(code: string, parse: (code: string) => { readonly body: unknown }): string {
  const body = nodesOf(parse(code).body);
  const made = makersIn(body);
  return cutOut(
    code,
    body.flatMap((node) => [...cutsIn(node, made, code)]),
  );
}

/** Takes out of the page what the library says for pages, help texts and flags: the page has it from lab/build/cards.ts, where it shows it. */
export function prose(): Plugin {
  return {
    name: "prose",
    enforce: "pre",
    transform(code, id) {
      if (!id.startsWith(library)) return undefined;
      const own = withoutProse(code, (text) => this.parse(text, { lang: "ts" }));
      return own === code ? undefined : { code: own, map: null };
    },
  };
}
