/** A line of the tree that a page prints: a path from the root, and whether it was written as a folder. */
export interface Entry {
  readonly path: string;
  readonly folder: boolean;
}

/**
 * Reads the code block between `<!-- tree -->` and `<!-- /tree -->`. One path a line, two spaces of indentation a
 * level, folders end in a slash; after two spaces or more, anything may say what it is. Throws where it can't be read.
 */
export function readTree(markdown: string): Entry[] {
  const block = /<!-- tree -->\s*```\w*\n([\s\S]*?)```\s*<!-- \/tree -->/.exec(markdown)?.[1];
  if (block === undefined) throw new Error("no code block between <!-- tree --> and <!-- /tree -->");
  const above: string[] = [];
  return block
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { indent, name } = /^(?<indent> *)(?<name>\S+)(?:\s{2,}.*)?\s*$/.exec(line)?.groups ?? {};
      const depth = (indent?.length ?? 1) / 2;
      if (!name || !Number.isInteger(depth) || depth > above.length) {
        throw new Error(`this line of the tree can't be read: ${JSON.stringify(line)}`);
      }
      const path = (above[depth - 1] ?? "") + name;
      above.length = depth;
      if (name.endsWith("/")) above.push(path);
      return { path: path.replace(/\/$/, ""), folder: name.endsWith("/") };
    });
}

/** Every folder that leads to one of the files, with the root left out. */
export function foldersOf(files: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const file of files) {
    for (let at = file.indexOf("/"); at >= 0; at = file.indexOf("/", at + 1)) folders.add(file.slice(0, at));
  }
  return [...folders].sort();
}

/** What the tree says that isn't so, and the folders of the root and of src that it leaves out. */
export function treeViolations(tree: readonly Entry[], files: readonly string[]): string[] {
  const folders = foldersOf(files);
  const listed = new Set(tree.map(({ path }) => path));
  const wrong = tree
    .filter(({ path, folder }) => !(folder ? folders : files).includes(path))
    .map(({ path, folder }) => `the tree lists ${path}, there is no such ${folder ? "folder" : "file"}`);
  const missing = folders
    .filter((path) => /^[^/]+$|^src\/[^/]+$/.test(path) && !listed.has(path))
    .map((path) => `the tree leaves out ${path}/`);
  return [...wrong, ...missing];
}
