import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const library = fileURLToPath(new URL("../../src/", import.meta.url));
const empty = "\0node-module";

/** Files of the library that nothing in the page calls, though what it calls imports them: of run folders, of the native backend, and what prints plans. */
const unused = [
  ...[
    "runs/folder.ts",
    "train/stored.ts",
    "train/network-in.ts",
    "backends/native/native.ts",
    "backends/native/load.ts",
  ],
  ...["plan/show.ts", "backends/reference/show.ts"],
];

/** A module with the names that a file exports, as functions that throw. */
function refusing(path: string): string {
  const names = [...readFileSync(path, "utf8").matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)];
  const text = JSON.stringify(`${path.slice(library.length)} is not in the page`);
  return names.map(([, name]) => `export function ${name}() { throw new Error(${text}); }`).join("\n");
}

/**
 * What the library says for Node alone, taken out of the page: there is no `process`, an import of one of Node's modules finds it empty, a lazy one
 * rejects as it would without a bundler, and no file that only Node reads is copied. Files of WebAssembly are.
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
        .replace(/\btypeof process ([!=])== "undefined"/g, (_, sign) => String(sign === "="))
        .replace(/new URL\("(\.[^"]*)(?<!\.wasm)", import\.meta\.url\)/g, 'new URL("$1", "file:///")');
      return own === code ? undefined : { code: own, map: null };
    },
    resolveId: (name) => (name.startsWith("node:") ? empty : undefined),
    load(id) {
      if (id === empty) return "module.exports = {};";
      return id.startsWith(library) && unused.includes(id.slice(library.length)) ? refusing(id) : undefined;
    },
  };
}
