// The bundlers, each with its default configuration. `npm install --prefix test/bundlers` brings them.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The wasm files where a page finds them by `{ wasm: "wasm/" }`: for the bundlers that copy no files themselves. */
const copyKernels = (folder) =>
  cp(join(folder, "../node_modules/heaviside/dist/backends/wasm"), join(folder, "dist/wasm"), { recursive: true });

/** The page of a bundle that is one file beside it. */
async function writePage(folder, script) {
  const page = await readFile(join(folder, "index.html"), "utf8");
  await mkdir(join(folder, "dist"), { recursive: true });
  await writeFile(join(folder, "dist/index.html"), page.replace("src/index.js", script));
}

/**
 * Each builds the project in a folder, which has index.html and src/index.js, into its folder dist, and gives the warnings. `copies` says whether
 * the bundler copies the files that a program names by `new URL("…", import.meta.url)`.
 */
export const bundlers = {
  vite: {
    copies: true,
    async build(folder) {
      const { build, createLogger } = await import("vite");
      const warnings = [];
      const warn = (message) => warnings.push(message);
      const customLogger = { ...createLogger("silent"), warn, warnOnce: warn };
      await build({ root: folder, configFile: false, customLogger });
      return warnings;
    },
  },
  webpack: {
    copies: true,
    async build(folder) {
      const { default: webpack } = await import("webpack");
      const stats = await new Promise((done, failed) =>
        webpack({ context: folder, mode: "production", output: { path: join(folder, "dist") } }, (error, stats) =>
          error ? failed(error) : done(stats),
        ),
      );
      const { errors, warnings } = stats.toJson();
      if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
      await writePage(folder, "main.js");
      // It advises to split what is larger than 244 kB, and to take its own runtime out of it.
      const isAdvice = (message) => /limit the size|size limit|optimization\.runtimeChunk/.test(message);
      return warnings.map(({ message }) => message).filter((message) => !isAdvice(message));
    },
  },
  rollup: {
    copies: false,
    async build(folder) {
      const { rollup } = await import("rollup");
      const { nodeResolve } = await import("@rollup/plugin-node-resolve");
      const warnings = [];
      const onwarn = ({ message }) => warnings.push(message);
      const bundle = await rollup({ input: join(folder, "src/index.js"), plugins: [nodeResolve()], onwarn });
      await bundle.write({ dir: join(folder, "dist"), format: "es" });
      await bundle.close();
      await writePage(folder, "index.js");
      await copyKernels(folder);
      return warnings;
    },
  },
  esbuild: {
    copies: false,
    async build(folder) {
      const { build } = await import("esbuild");
      const { warnings } = await build({
        entryPoints: [join(folder, "src/index.js")],
        bundle: true,
        minify: true,
        format: "esm",
        outfile: join(folder, "dist/index.js"),
        logLevel: "silent",
      });
      await writePage(folder, "index.js");
      await copyKernels(folder);
      return warnings.map(({ text }) => text);
    },
  },
};
