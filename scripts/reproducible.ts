// npm run reproducible [TARBALL]: builds and packs the package in a copy of the checkout's files, elsewhere, with other rights, language and time zone,
// and compares it byte by byte with TARBALL, or with the package of a second such copy. Exit code 1: they differ; the files are named.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { listFiles } from "../test/support/repository.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where and how a package is built. */
interface Place {
  readonly folder: string;
  readonly umask: string;
  readonly env: Readonly<Record<string, string>>;
}

const places: readonly Place[] = [
  {
    folder: "a copy/deeper/ünder",
    umask: "077",
    env: { TZ: "Pacific/Auckland", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
  },
  { folder: "b", umask: "022", env: { TZ: "America/St_Johns", LC_ALL: "C", LANG: "C" } },
];

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed in ${cwd}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Installed packages as links to the same bytes: a copy of their folders, at no cost. */
function link(from: string, to: string): void {
  run("cp", ["-al", realpathSync(from), to], root);
}

/** Builds the package in a copy of the checkout; gives the path of its tarball. */
function packed(home: string, { folder, umask, env }: Place): string {
  const copy = join(home, folder);
  for (const path of listFiles()) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  for (const path of ["node_modules", "lab/node_modules"]) link(join(root, path), join(copy, path));
  const build = "npm run -s build && npm run -s lab:build && npm pack --ignore-scripts --silent";
  const name = run("sh", ["-c", `umask ${umask}; ${build}`], copy, env)
    .trim()
    .split("\n")
    .at(-1)!;
  return join(copy, name);
}

const sha512 = (bytes: Uint8Array): string => createHash("sha512").update(bytes).digest("base64");

/** The files of a tarball by their names, as checksums. */
function filesOf(tarball: string, into: string): Map<string, string> {
  mkdirSync(into);
  run("tar", ["-xzf", tarball, "-C", into], root);
  return new Map(
    readdirSync(into, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return entry.isFile() ? [[relative(into, path), sha512(readFileSync(path))] as const] : [];
    }),
  );
}

/** The names of files that two packages have not in common, byte by byte. */
function differences(home: string, tarballs: readonly [string, string]): string[] {
  const [a, b] = tarballs.map((tarball, i) => filesOf(tarball, join(home, `unpacked-${i}`))) as [
    Map<string, string>,
    Map<string, string>,
  ];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort();
}

function main(given: string | undefined): void {
  const home = mkdtempSync(join(tmpdir(), "heaviside-reproducible-"));
  try {
    const [first, second] = places as [Place, Place];
    const tarballs: [string, string] = [
      packed(home, first),
      given === undefined ? packed(home, second) : resolve(given),
    ];
    const [a, b] = tarballs.map((tarball) => sha512(readFileSync(tarball)));
    if (a === b) {
      console.log(`reproducible: both packages are sha512-${a}`);
      return;
    }
    const names = differences(home, tarballs);
    const which =
      names.length > 0 ? `they differ in ${names.join(", ")}` : "their files are the same, what tar says of them isn't";
    console.error(`reproducible: the packages are sha512-${a} and sha512-${b}: ${which}`);
    process.exitCode = 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

main(process.argv[2]);
