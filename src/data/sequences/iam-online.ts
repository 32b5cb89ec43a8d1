import { UserError } from "../../errors.ts";
import type { DataSource } from "../dataset.ts";
import { readText, refusePlatform } from "../find.ts";
import { type Drawing, type PenDataset, type PenOptions, penDataset } from "./pen.ts";
import { strokesIn } from "./stroke-xml.ts";

export interface IamOptions extends PenOptions {
  /** The folder lineStrokes, or one that holds it. */
  readonly dir?: string | undefined;
}

/**
 * Lines of handwriting on a whiteboard, from the files lineStrokes/a01/a01-000/a01-000u-01.xml of IAM-OnDB, which its users register for. The
 * lines of one form, a01-000u, stay in one split. Liwicki and Bunke, ICDAR 2005; predicted point by point by Graves, arXiv:1308.0850, 2013.
 */
export const iamOnline: DataSource<IamOptions, PenDataset> = {
  name: "iam-online",
  summary: "lines of handwriting, from your copy of IAM-OnDB's lineStrokes",
  options: ["spacing", "steps", "limit", "splitSeed", "dir"],
  async load({ dir, ...options }) {
    if (dir === undefined)
      throw new UserError(
        "data: the data set 'iam-online' needs the folder lineStrokes of IAM-OnDB; give it with --data-dir FOLDER",
      );
    const files = await filesIn(dir);
    const forms = new Map<string, Drawing[]>();
    for (const { path, form } of files) {
      const drawing = { name: path, lines: strokesIn(await readText(path), path) };
      forms.set(form, [...(forms.get(form) ?? []), drawing]);
    }
    return penDataset("iam-online", [...forms.values()], options, "forms");
  },
};

/** The files of lines below a folder, in the order of their names. */
async function filesIn(dir: string): Promise<{ readonly path: string; readonly form: string }[]> {
  const { readdir } = await import("node:fs/promises").catch(refusePlatform);
  const { join } = await import("node:path");
  const names = await readdir(dir, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
    throw new UserError(`data: ${dir} ${reason ?? `cannot be read (${error.message})`}`);
  });
  const files = names.sort().flatMap((name) => {
    const [, form] = /(?:^|[\\/])([a-z]\d+-\d+[a-z]?)-\d+\.xml$/.exec(name) ?? [];
    return form === undefined ? [] : [{ path: join(dir, name), form }];
  });
  if (files.length > 0) return files;
  throw new UserError(`data: ${dir} must hold lines of IAM-OnDB, such as a01/a01-000/a01-000u-01.xml, it has none`);
}
