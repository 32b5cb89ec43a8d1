import { type Contents, type Files, Unreadable } from "../../../src/data/files.ts";
import { UserError } from "../../../src/errors.ts";

/** What the user chose: a file, or a folder with all that is in it. */
export interface Own {
  /** As a config names it: "plants.csv", "./photos"; "." for files without a folder. */
  readonly name: string;
  readonly files: readonly OwnFile[];
}

export interface OwnFile {
  /** From the folder on; the file's name where there is none. */
  readonly path: string;
  readonly file: Blob;
}

const GONE = "it is no longer as it was when you chose it";

/** The bytes of a file that the user chose. A browser gives none of one that was written again since then. */
export async function bytesIn({ path, file }: OwnFile): Promise<Uint8Array> {
  if (file.size >= 2 ** 31)
    throw new UserError(`data: ${path} must be smaller than 2 GB to be read in a page; it has ${file.size} bytes`);
  const buffer = await file.arrayBuffer().catch(() => {
    throw new UserError(`data: ${path} is no longer as it was when you chose it: choose it again`);
  });
  return new Uint8Array(buffer);
}

/** The folder that the user chose, as the library reads one. Empty folders aren't in it: a browser gives files alone. */
export function filesOf({ name, files }: Own): Files {
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  const within = new Map<string, { folders: Set<string>; others: Set<string> }>();
  const at = (folder: string) => {
    const known = within.get(folder) ?? { folders: new Set(), others: new Set() };
    within.set(folder, known);
    return known;
  };
  at("");
  for (const { path } of files) {
    const parts = path.split("/");
    parts.forEach((part, i) => {
      const { folders, others } = at(parts.slice(0, i).join("/"));
      (i === parts.length - 1 ? others : folders).add(part);
    });
  }
  const base = name.replace(/^\.\/?/, "");
  const called = name === "." ? "what you chose" : name;
  return {
    name: called,
    pathOf: (path) => (path === "" ? called : base === "" ? path : `${base}/${path}`),
    async list(folder): Promise<Contents> {
      const { folders, others } = at(folder);
      return { folders: [...folders], others: [...others] };
    },
    faultOf: async (path) => (byPath.get(path)?.size === 0 ? "it is empty" : undefined),
    async read(path, most) {
      const file = byPath.get(path);
      if (!file) throw new Unreadable("it isn't there");
      const part = most === undefined ? file : file.slice(0, most);
      const buffer = await part.arrayBuffer().catch((cause) => {
        throw new Unreadable(GONE, { cause });
      });
      return new Uint8Array(buffer);
    },
  };
}
