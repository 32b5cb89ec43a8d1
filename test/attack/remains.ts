import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { tfRecords } from "../../src/formats/tfrecord.ts";

/** Fields that depend on the time of day or on how fast it went. */
const timed = (key: string): boolean => /second|made on|^run$|^cost$|^checksum$|ms$|milli/i.test(key);
const untimed = (text: string): string =>
  JSON.stringify(JSON.parse(text, (key, value) => (timed(key) ? undefined : value)));

/** What a page ends with. They show what the other files hold, and the time. */
const ends: readonly (readonly [string, RegExp])[] = [
  [".html", /<\/html>\s*$/],
  [".svg", /<\/svg>\s*$/],
  [".md", /\n$/],
];

/** Everything that a run left but times: every file's name, and what it holds; of a page, whether it is whole. */
export function remains(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const bytes = readFileSync(path);
    const lines = () => bytes.toString().split("\n").filter(Boolean);
    const page = ends.find(([end]) => entry.name.endsWith(end));
    if (page) {
      found.set(relative(folder, path), page[1].test(bytes.toString()) ? "a whole page" : "half a page");
      continue;
    }
    const contents = entry.name.endsWith(".jsonl")
      ? lines().map(untimed).join("\n")
      : entry.name.endsWith(".json")
        ? untimed(bytes.toString())
        : entry.name.endsWith(".safetensors")
          ? checkpoint(bytes)
          : entry.name.includes("tfevents")
            ? events(bytes)
            : bytes.toString("hex");
    found.set(relative(folder, path), contents);
  }
  return found;
}

/** Events hold times, and parameters only where they were written at once: how many there are, and how many bytes are no event. */
function events(bytes: Buffer): string {
  const records = tfRecords(bytes);
  return `${records.length} and ${bytes.length - (records.at(-1)?.end ?? 0)}`;
}

function checkpoint(bytes: Buffer): string {
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...arrays } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  // A saved model has no times.
  if (metadata.checkpoint === undefined) return bytes.toString("hex");
  return JSON.stringify(arrays) + untimed(metadata.checkpoint) + bytes.subarray(8 + length).toString("hex");
}

/** The first thing that differs, in words. */
export function difference(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): string | undefined {
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const [a, b] = [wanted.get(name), found.get(name)];
    if (a === b) continue;
    if (b === undefined) return `${name} is missing`;
    if (a === undefined) return `${name} remains, which an undisturbed run doesn't leave`;
    let at = 0;
    while (a[at] === b[at]) at++;
    const near = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
    return `${name} differs: ${near(a)} became ${near(b)}`;
  }
  return undefined;
}
