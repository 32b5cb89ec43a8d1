import type { Plugin } from "vite";
import { pagePolicy } from "../../src/lab/policy.ts";

/** The server's Content-Security-Policy in the page itself: any web server of files then holds it. */
export function policy(): Plugin {
  return {
    name: "policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: pagePolicy },
        injectTo: "head-prepend",
      },
    ],
  };
}
