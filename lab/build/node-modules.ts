import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const library = fileURLToPath(new URL("../../src/", import.meta.url));
const empty = "\0node-module";

/**
 * What the library says for Node alone, taken out of the page: an import of one of Node's modules finds it empty, a lazy one rejects as it would
 * without a bundler, and no file that only Node reads is copied. Files of WebAssembly are.
 */
export function nodeModules(): Plugin {
  return {
    name: "node-modules",
    enforce: "pre",
    transform(code, id) {
      if (!id.startsWith(library)) return undefined;
      const own = code
        .replace(
          /(?<!typeof )\bimport\("(node:[\w/]+)"\)/g,
          (_, name) => `Promise.reject(new Error("${name} is not here"))`,
        )
        .replace(/new URL\("(\.[^"]*)(?<!\.wasm)", import\.meta\.url\)/g, 'new URL("$1", "file:///")');
      return own === code ? undefined : { code: own, map: null };
    },
    resolveId: (name) => (name.startsWith("node:") ? empty : undefined),
    load: (id) => (id === empty ? "module.exports = {};" : undefined),
  };
}
