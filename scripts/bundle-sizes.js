// What a program that imports one thing weighs, bundled for a browser by esbuild as it comes. Nothing that it doesn't use may be in it.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Programs and the most that each may weigh, gzipped, in bytes. */
const programs = [
  { name: "import { array }", code: 'import { array } from "heaviside"; console.log(array);', most: 12_000 },
  { name: "heaviside/inference", code: 'export * from "heaviside/inference";', most: 20_000 },
];

/** Bundles the programs in `folder`, in whose node_modules the library lies. Gives what to print; throws where one is too heavy. */
export async function checkBundles(folder) {
  const said = [];
  for (const { name, code, most } of programs) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: folder, loader: "js" },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    const bytes = gzipSync(outputFiles[0].contents).length;
    if (bytes > most) throw new Error(`${name} weighs ${bytes} bytes gzipped, at most ${most} are allowed`);
    said.push(`${name}: ${(bytes / 1e3).toFixed(1)} kB gzipped`);
  }
  return said.join("\n");
}
