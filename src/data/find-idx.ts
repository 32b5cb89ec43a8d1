import { UserError } from "../errors.ts";
import type { Contents, Files } from "./files.ts";
import type { IdxFiles } from "./from-idx.ts";

/** A file of a data set that is there to be read. */
export interface Found {
  /** Its name from the folder on, for messages. */
  readonly file: string;
  readonly path: string;
  /** Another file of the same role that would be read if this one were not there. */
  readonly instead?: string;
}

export interface FoundFiles {
  readonly found: IdxFiles<Found>;
  /** One sentence for each file that was passed over because it can't be read. */
  readonly warnings: readonly string[];
}

const roles: IdxFiles<{ stem: string; format: string; what: string }> = {
  trainImages: { stem: "train-images", format: "idx3-ubyte", what: "training images" },
  trainLabels: { stem: "train-labels", format: "idx1-ubyte", what: "training labels" },
  testImages: { stem: "t10k-images", format: "idx3-ubyte", what: "test images" },
  testLabels: { stem: "t10k-labels", format: "idx1-ubyte", what: "test labels" },
};

/** What to do with each of the four files. */
export function forEachFile<Content>(make: (role: keyof IdxFiles) => Content): IdxFiles<Content> {
  return {
    trainImages: make("trainImages"),
    trainLabels: make("trainLabels"),
    testImages: make("testImages"),
    testLabels: make("testLabels"),
  };
}

/**
 * The four files in a folder. Each may be named as published (train-images-idx3-ubyte), with a dot before idx, with another
 * number after idx (idx2 for images of one row), with another type or none, in any case, with .gz at the end; and
 * it may lie in a folder of such a name, as Kaggle lays MNIST out. The contents decide what a file holds, not its name.
 * Where several are there, the order is: outside of such a folder, the published number and type, without .gz, with a
 * dash. A file that is empty, a link to nothing or not a regular file is passed over where another can be read, with a warning.
 * Throws UserError for a folder that can't be read or lacks a file; `hint` is added then.
 */
export async function findFiles(files: Files, hint: string): Promise<FoundFiles> {
  const contents = await files.list("").catch((error: Error) => {
    throw error instanceof UserError ? new UserError(`${error.message}${hint}`, { cause: error }) : error;
  });
  const missing: string[] = [];
  const warnings: string[] = [];
  const chosen: Partial<Record<keyof IdxFiles, Found>> = {};
  for (const role of Object.keys(roles) as (keyof IdxFiles)[]) {
    const candidates = await candidatesFor(role, files, contents);
    const [first, second] = candidates.filter(({ fault }) => fault === undefined);
    const refused = candidates
      .filter(({ fault }) => fault !== undefined)
      .map(({ path, fault }) => `${path} cannot be read (${fault})`);
    if (first) {
      chosen[role] = { file: first.file, path: first.path, ...(second && { instead: second.file }) };
      warnings.push(...refused.map((reason) => `${reason}: ${first.file} was read instead`));
    } else if (refused.length > 0) {
      throw new UserError(`data: ${refused.join("; ")}`);
    } else {
      const { stem, format, what } = roles[role];
      const tried = ["", ".gz"].flatMap((end) => [`${stem}-${format}${end}`, `${stem}.${format}${end}`]);
      missing.push(`the ${what} (tried ${tried.join(", ")})`);
    }
  }
  if (missing.length > 0) throw new UserError(`data: ${files.name} lacks ${missing.join(" and ")}${hint}`);
  return { found: forEachFile((role) => chosen[role]!), warnings };
}

/** Something whose name fits. */
interface Candidate {
  readonly file: string;
  readonly path: string;
  /** Why it can't be read; none for a file that can. */
  readonly fault?: string;
}

/** What may be read in this role, the preferred ones first, those in folders last. */
async function candidatesFor(role: keyof IdxFiles, files: Files, { folders, others }: Contents): Promise<Candidate[]> {
  const candidate = async (file: string): Promise<Candidate> => {
    const fault = await files.faultOf(file);
    return { file, path: files.pathOf(file), ...(fault !== undefined && { fault }) };
  };
  const direct = await Promise.all(fitting(role, others).map(candidate));
  const nested: Candidate[] = [];
  for (const file of fitting(role, folders)) {
    const { others } = await files.list(file).catch(() => ({ others: [] }));
    const inside = fitting(role, others);
    if (inside.length === 0)
      nested.push({ file, path: files.pathOf(file), fault: "it is a folder that holds no such file" });
    nested.push(...(await Promise.all(inside.map((name) => candidate(`${file}/${name}`)))));
  }
  return [...direct, ...nested];
}

/** The names that fit a role, the preferred ones first. */
function fitting(role: keyof IdxFiles, names: readonly string[]): string[] {
  const { stem, format } = roles[role];
  const pattern = new RegExp(`^${stem}([-.])(idx\\d(?:-[a-z0-9]+)?)(\\.gz)?$`, "i");
  return names
    .flatMap((name) => {
      const [, separator, kind, end] = pattern.exec(name) ?? [];
      if (separator === undefined || kind === undefined) return [];
      const published = kind.toLowerCase() === format;
      return [{ name, order: [published, end === undefined, separator === "-"].map((is) => (is ? 0 : 1)).join("") }];
    })
    .sort((a, b) => (a.order + a.name < b.order + b.name ? -1 : 1))
    .map(({ name }) => name);
}
