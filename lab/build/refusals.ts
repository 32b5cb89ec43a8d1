import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { type Cut, cutOut, type Node, nameOf, nodesOf } from "./tree.ts";

const library = fileURLToPath(new URL("../../src/", import.meta.url));

/** What refuses a graph that is wrongly made, which no setting of the page can do. What refuses one that is too large says so in full. */
const ofGraphs =
  /^(?:graph|compile|plan|random)\/(?!size\.ts|limits\.ts|planner\.ts)|^backends\/(?:reference\/|checks\.ts)/;

function* messagesIn(node: Node, at: (node: Node) => string): Generator<Cut> {
  const [message] = node.type === "NewExpression" && nameOf(node.callee) === "UserError" ? nodesOf(node.arguments) : [];
  if (message) yield { from: message.start, to: message.end, put: JSON.stringify(at(message)) };
  for (const value of Object.values(node)) for (const below of nodesOf(value)) yield* messagesIn(below, at);
}

/** A file whose refusals say where they are in the library, in place of a sentence. */
export function withPlaces(code: string, file: string, parse: (code: string) => { readonly body: unknown }): string {
  const at = ({ start }: Node): string => `${file}:${code.slice(0, start).split("\n").length}`;
  return cutOut(
    code,
    nodesOf(parse(code).body).flatMap((node) => [...messagesIn(node, at)]),
  );
}

/** Shortens what the library says to those who write graphs. */
export function refusals(): Plugin {
  return {
    name: "refusals",
    enforce: "pre",
    transform(code, id) {
      const file = id.startsWith(library) ? id.slice(library.length) : "";
      if (!ofGraphs.test(file)) return undefined;
      return { code: withPlaces(code, file, (text) => this.parse(text, { lang: "ts" })), map: null };
    },
  };
}
