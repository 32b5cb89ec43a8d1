import { createReadStream, type Stats } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

/** A file that the server sends. */
export interface Served {
  readonly type: string;
  /** Its name holds a hash of its content, so it never changes. */
  readonly lasting: boolean;
  /** Its bytes, where they are known before they are sent. */
  readonly length?: number;
  /** Another one for another content. */
  readonly tag?: string;
  stream(): Readable;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * The files of a folder by their paths on the server. Only regular files that are there when the folder is read have a path: no name that is
 * asked for reaches the disk, so none leads out of the folder, and links are not followed. "/" is index.html.
 */
export async function filesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(`/${relative(folder, path).split(sep).join("/")}`, path);
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

/** Another text for another content, as far as its size and time say. */
const tagOf = ({ size, mtimeMs }: Stats): string => `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;

/** A file as it lies on the disk. */
export async function served(path: string, name: string): Promise<Served> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    return {
      type: types[extname(path)] ?? "application/octet-stream",
      lasting: name.startsWith("/assets/"),
      length: stats.size,
      tag: tagOf(stats),
      stream: () => createReadStream(path),
    };
  } finally {
    await file.close();
  }
}

/** A text of JSON. */
export const written = (json: string): Served => ({
  type: "application/json",
  lasting: false,
  length: Buffer.byteLength(json),
  stream: () => Readable.from([Buffer.from(json)]),
});

/** A file of a data set, compressed on its way where it isn't already. */
export async function compressed(path: string): Promise<Served> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    const plain = buffer[0] !== 0x1f || buffer[1] !== 0x8b;
    // From this machine to itself, little compression is faster than much.
    const stream = (): Readable => {
      const bytes = createReadStream(path);
      if (!plain) return bytes;
      const gzip = createGzip({ level: 1 });
      bytes.on("error", (error) => gzip.destroy(error));
      gzip.on("close", () => bytes.destroy());
      return bytes.pipe(gzip);
    };
    return { type: "application/gzip", lasting: false, tag: tagOf(await file.stat()), stream };
  } finally {
    await file.close();
  }
}
