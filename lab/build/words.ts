import { readFileSync } from "node:fs";
import { Marked } from "marked";
import type { Plugin } from "vite";

const glossary = new URL("../../docs/glossary.md", import.meta.url);

/** The glossary of the docs. Its links lead to pages that a static site of the lab doesn't have: what they say stays as words. */
const marked = new Marked({
  renderer: {
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return /^https?:/.test(href) ? `<a href="${href}">${text}</a>` : text;
    },
  },
});

/** Puts the glossary into words.html. */
export function words(): Plugin {
  return {
    name: "words",
    transformIndexHtml: (html) =>
      html.replace("<!-- docs/glossary.md -->", () => marked.parse(readFileSync(glossary, "utf8"), { async: false })),
  };
}
