import { posix } from "node:path";
import { blocksOf } from "./blocks.ts";

/** A relative link or a picture of a page: where it stands, its target, and the anchor within that. */
export interface Link {
  readonly line: number;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** A page without its code: fenced blocks become empty lines, so that lines keep their numbers, and spans become dots. */
export function proseOf(markdown: string): string {
  const blocks = blocksOf("", markdown);
  const lines = markdown.split("\n");
  for (const { line, text } of blocks) {
    const count = text.split("\n").length - 1;
    for (let i = line - 1; i < line - 1 + count; i++) lines[i] = "";
  }
  return lines.join("\n").replaceAll(/`[^`\n]+`/g, (span) => ".".repeat(span.length));
}

/** The links of a page that aren't addresses on the web: `[text](target)`, `[text]: target`, `src="…"`, `srcset="…"` and `href="…"`. */
export function linksOf(markdown: string): Link[] {
  const prose = proseOf(markdown);
  const targets = /\]\(([^()\s]+)(?:\s+"[^"]*")?\)|^\[[^\]\n]+\]:\s*(\S+)|\b(?:src|srcset|href)="([^"\s]+)"/gm;
  return Array.from(prose.matchAll(targets), (match) => {
    const [path = "", anchor] = (match[1] ?? match[2] ?? match[3])!.split("#");
    return { line: prose.slice(0, match.index).split("\n").length, path, anchor };
  }).filter(({ path }) => !/^[a-z]+:/.test(path));
}

/** The anchors that GitHub gives a page's headings, and those of `id="…"` and `name="…"`. */
export function anchorsOf(markdown: string): Set<string> {
  const blocks = blocksOf("", markdown);
  const code = new Set(blocks.flatMap(({ line, text }) => text.split("\n").map((_, i) => line + i)));
  const anchors = new Set(Array.from(markdown.matchAll(/\b(?:id|name)="([^"]+)"/g), ([, id]) => id!));
  const seen = new Map<string, number>();
  for (const [i, line] of markdown.split("\n").entries()) {
    const title = code.has(i + 1) ? undefined : /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (title === undefined) continue;
    const slug = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** Files and the folders that they are in. */
export function placesOf(files: Iterable<string>): Set<string> {
  const places = new Set<string>();
  for (const file of files)
    for (let path = file; path !== "."; path = posix.dirname(path)) {
      if (places.has(path)) break;
      places.add(path);
    }
  return places;
}

/**
 * Paths from the root that a text names in backticks, such as `src/index.ts`; not those of a file that a reader shall make, `src/cells/my-cell.ts`. They
 * begin with one of `places`, without a slash at the end.
 */
export const pathsIn = (text: string, places: ReadonlySet<string>): string[] =>
  Array.from(
    text.matchAll(/`(\w+)(\/[\w./-]*)`/g),
    ([, top, rest]) => [top!, `${top}${rest}`.replace(/\/$/, "")] as const,
  )
    .filter(([top, path]) => places.has(top) && !/\/my-/.test(path))
    .map(([, path]) => path);

/** Names of `[text][name]` that no line `[name]: target` of the page explains. */
export function undefinedNames(markdown: string): string[] {
  const prose = proseOf(markdown);
  const defined = new Set(Array.from(prose.matchAll(/^\[([^\]\n]+)\]:\s/gm), ([, name]) => name!.toLowerCase()));
  const used = Array.from(prose.matchAll(/\[([^\][\n]+)\]\[([^\][\n]*)\]/g), ([, text, name]) => name || text!);
  return used.filter((name) => !defined.has(name.toLowerCase()));
}

/**
 * Links of a page to nothing: no such file or folder, or no such anchor in the page that it names. `files` are all paths from the
 * root, `read` gives a file's text.
 */
export function linkViolations(page: string, files: ReadonlySet<string>, read: (path: string) => string): string[] {
  // A page of the API has hundreds of links to itself.
  const known = new Map<string, Set<string>>();
  const anchorsIn = (target: string): Set<string> => {
    const anchors = known.get(target) ?? anchorsOf(read(target));
    known.set(target, anchors);
    return anchors;
  };
  return linksOf(read(page)).flatMap(({ line, path, anchor }) => {
    const target = path === "" ? page : posix.join(posix.dirname(page), decodeURI(path)).replace(/\/$/, "");
    const link = `${page}:${line} links to ${target}${anchor === undefined ? "" : `#${anchor}`}`;
    if (!files.has(target)) {
      const isFolder = [...files].some((file) => file.startsWith(`${target}/`));
      return isFolder && anchor === undefined ? [] : [`${link}: there is no such file`];
    }
    return anchor === undefined || anchorsIn(target).has(anchor) ? [] : [`${link}: there is no such heading`];
  });
}
