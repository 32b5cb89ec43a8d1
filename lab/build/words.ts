import { readFileSync } from "node:fs";
import { Marked } from "marked";
import type { Plugin } from "vite";

const glossary = new URL("../../docs/glossary.md", import.meta.url);

/** The glossary of the docs. Its links lead to pages that a static site of the lab doesn't have: they are named. */
const marked = new Marked({
  renderer: {
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return /^https?:/.test(href) ? `<a href="${href}">${text}</a>` : `${text} (docs/${href.replace(/#.*/, "")})`;
    },
  },
});

/** Puts the glossary into words.html. */
export function words(): Plugin {
  return {
    name: "words",
    transformIndexHtml: {
      order: "post",
      handler: (html, { path }) =>
        path === "/words.html"
          ? html
              // Of the page's code it needs the style alone.
              .replace(/<script\b[^>]*><\/script>|<link rel="modulepreload"[^>]*>/g, "")
              .replace("<!-- docs/glossary.md -->", () =>
                marked.parse(readFileSync(glossary, "utf8"), { async: false }),
              )
          : html,
    },
  };
}
