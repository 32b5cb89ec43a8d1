// Packages whose code a build puts into its own files: which they are allowed to be (bundled.json, by their places in a lock file), and the texts
// of their licences, which must go wherever the code goes.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const bundled = JSON.parse(readFileSync(new URL("bundled.json", import.meta.url), "utf8"));

/** The place in a lock file of the package that a path of a module lies in, node_modules/a/node_modules/b; undefined for our own. */
export const packageOf = (path) =>
  /(?:node_modules\/(?:@[^/]+\/)?[^/]+\/)+/.exec(path.replaceAll("\\", "/"))?.[0].slice(0, -1);

/** Throws where a part of the package holds code of other packages than bundled.json says. */
export function checkBundled(part, packages) {
  const [wanted, found] = [bundled[part], [...packages].sort()];
  const added = found.filter((name) => !wanted.includes(name));
  const gone = wanted.filter((name) => !found.includes(name));
  if (added.length + gone.length > 0)
    throw new Error(
      `the code of ${part} must be that of the packages in scripts/build/bundled.json: ${[...added.map((name) => `${name} came`), ...gone.map((name) => `${name} went`)].join(", ")}`,
    );
}

/** Name, version and licence of an installed package, as a heading, and the text of the licence. */
export function notice(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  const by = typeof author === "object" ? author.name : author;
  const text = file
    ? readFileSync(join(folder, file), "utf8").trim()
    : `Its package has no file with the licence. Its package.json names ${license}, and as author ${by}.`;
  return { title: `${name} ${version} (${license})`, text };
}
