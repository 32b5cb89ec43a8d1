// npm run audit: asks the registry for known faults of packages. Exit code 1: one that a user gets has a fault. 3: the registry wasn't asked, because
// it answers no such question; nothing is known then. Faults of what only builds and tests are listed.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bundledIn, installedWith, optionalBeside } from "./packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What npm audit prints, of its second version, or where it fails. */
export interface Answer {
  readonly vulnerabilities?: {
    readonly [name: string]: {
      readonly severity: string;
      readonly nodes: readonly string[];
      readonly via: readonly unknown[];
    };
  };
  readonly message?: string;
  readonly error?: { readonly summary?: string };
}

/** What an answer says of packages of which a user gets those at `shipped`. */
export interface Found {
  /** Why nothing is known; undefined where the registry has answered. */
  readonly unasked: string | undefined;
  /** A line for each package with a fault. */
  readonly shipped: readonly string[];
  readonly others: readonly string[];
}

/** Reads the answer of npm audit, as JSON. */
export function found(text: string, shipped: readonly string[]): Found {
  let answer: Answer = {};
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    return { unasked: text.trim().split("\n")[0] || "npm says nothing", shipped: [], others: [] };
  }
  const { vulnerabilities, message, error } = answer;
  if (vulnerabilities === undefined)
    return { unasked: message ?? error?.summary ?? "the answer lists no packages", shipped: [], others: [] };
  const lines = Object.entries(vulnerabilities).map(([name, { severity, nodes, via }]) => {
    const titles = via.map((one) => (typeof one === "string" ? `by ${one}` : (one as { title?: string }).title));
    return {
      isShipped: nodes.some((place) => shipped.includes(place)),
      line: `${name}, ${severity}: ${titles.join("; ")}`,
    };
  });
  const of = (wanted: boolean): string[] => lines.flatMap(({ isShipped, line }) => (isShipped === wanted ? line : []));
  return { unasked: undefined, shipped: of(true), others: of(false) };
}

function audit(): number {
  let code = 0;
  for (const [folder, packages] of [
    [".", [...installedWith(), ...optionalBeside(), ...bundledIn("dist")]],
    ["lab", bundledIn("lab")],
  ] as const) {
    const args = ["audit", "--json", "--package-lock-only", "--prefix", folder];
    const { stdout } = spawnSync("npm", args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
    const { unasked, shipped, others } = found(
      stdout,
      packages.map(({ place }) => place),
    );
    const where = folder === "." ? "the package" : "the lab";
    if (unasked !== undefined) {
      console.log(`audit: ${where}: not asked, so nothing is known: ${unasked}`);
      code ||= 3;
      continue;
    }
    for (const line of others) console.log(`audit: ${where}: only for development: ${line}`);
    for (const line of shipped) console.log(`audit: ${where}: a user gets ${line}`);
    if (shipped.length > 0) code = 1;
    else console.log(`audit: ${where}: no known fault in what a user gets`);
  }
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = audit();
