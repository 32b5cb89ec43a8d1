// A strict TypeScript project that has installed the packed library: its training loop has to compile with the oldest supported
// TypeScript, the last of version 5 and the newest, however modules are resolved, without the DOM's types or Node's, and then to learn.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../test/package/", import.meta.url));
const resolutions = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
  // Version 6 calls it deprecated, and takes it where that is said to be known.
  { module: "esnext", moduleResolution: "node10" },
];
/** Each by the name of its package, and the file beside which that lies. How modules are resolved is the same in the one between as before or after it. */
const compilers = [
  { name: "typescript-5.4", from: join(own, "package.json"), resolutions },
  { name: "typescript", from: join(own, "package.json"), resolutions: resolutions.slice(0, 1) },
  { name: "typescript", from: import.meta.url, resolutions },
];
const strict = {
  target: "es2022",
  lib: ["ES2022"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
};

/** The compiler of a package that a module beside `from` imports. */
function typescript({ name, from }) {
  const require = createRequire(from);
  if (from !== import.meta.url && !existsSync(join(own, "node_modules", name)))
    throw new Error(`${name} isn't there: npm ci --prefix test/package installs it`);
  return { tsc: require.resolve(`${name}/bin/tsc`), version: require(`${name}/package.json`).version };
}

/**
 * Compiles and runs the project in `folder`, in whose node_modules the library lies, by `run(command, args, cwd)`. Gives what to
 * print; throws what a compiler or the program says.
 */
export function checkOutsideProject(folder, run) {
  const said = [];
  for (const compiler of compilers)
    for (const options of compiler.resolutions) {
      const { tsc, version } = typescript(compiler);
      const name = `TypeScript ${version}, ${options.moduleResolution}`;
      const project = join(folder, name.replace(/[ ,]+/g, "-"));
      mkdirSync(project);
      writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
      const files = ["loop.ts", "entries.ts"];
      for (const file of files) copyFileSync(join(own, file), join(project, file));
      const known = version.startsWith("6.") ? { ignoreDeprecations: "6.0" } : {};
      const compilerOptions = { ...strict, ...options, ...known };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
      try {
        run(process.execPath, [tsc, "-p", project], project);
      } catch (error) {
        throw new Error(`${name} refuses the strict project:\n${error.stdout || error.message}`);
      }
      said.push(`${name}: ${run(process.execPath, ["loop.js"], project).trim()}`);
    }
  return said.join("\n");
}
