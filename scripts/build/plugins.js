// What esbuild has to know about the sources.
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** A bundle that is no module has no address. Other bundlers take `new URL(…, import.meta.url)` for a file to copy, which this is not. */
const PLACE = 'import.meta.url || "file:///"';

/**
 * A module's code moves to dist/'s root, the files beside it don't: what it says about its own place is rewritten. The URL of
 * a wasm file keeps the form by which other bundlers know it; all other addresses are no files that a browser needs.
 * @param sources the folder that becomes dist/
 */
export const places = (sources) => ({
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const from = (file) =>
        `new URL("./${relative(sources, file).replaceAll("\\", "/")}", ${file.endsWith(".wasm") ? "import.meta.url" : PLACE})`;
      const code = await readFile(path, "utf8");
      const placed = code.replace(/new URL\("(\.[^"]*)", import\.meta\.url\)|import\.meta\.url/g, (_, beside) =>
        beside ? from(join(dirname(path), beside)) : `${from(path)}.href`,
      );
      const contents = placed.replace(/(?<!typeof )\bimport\("(node:[\w/]+)"\)/g, (_, name) => lazily(name));
      return { contents, loader: "ts" };
    });
  },
});

/**
 * Node's modules come from process.getBuiltinModule: an import of "node:fs" is refused by bundlers for browsers. Where there is none, import()
 * rejects as it would without this, and what imports the module outright finds it empty.
 */
const builtin = (name) => `globalThis.process?.getBuiltinModule?.(${JSON.stringify(name)})`;
const lazily = (name) =>
  `Promise.resolve(${builtin(name)} ?? Promise.reject(new Error(${JSON.stringify(`${name} is not here`)})))`;

export const nodeModules = {
  name: "node modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "node", sideEffects: false }));
    onLoad({ filter: /.*/, namespace: "node" }, ({ path }) => ({
      contents: `module.exports = ${builtin(path)} ?? {};`,
    }));
  },
};

/** Modules by the names of `contents`, which lie in no file; they may import each other, and files from `root`. */
export const virtual = (root, contents) => ({
  name: "virtual",
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${Object.keys(contents).join("|")})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: "virtual" }));
    onLoad({ filter: /.*/, namespace: "virtual" }, ({ path }) => ({
      contents: contents[path],
      resolveDir: root,
      loader: "ts",
    }));
  },
});
