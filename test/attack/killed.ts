import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { writeTinyData } from "../support/tiny-data.ts";
import { Draws } from "./draws.ts";
import type { Fault, RunOptions, Suite } from "./suite.ts";

/** A command that leaves a folder `run`, and can be killed at any moment. */
interface Killed {
  readonly argv: readonly string[];
  /** What continues it, where that isn't the same command. */
  readonly again?: readonly string[];
}

/** Kills of one run before it may end. */
const MOST_KILLS = 4;

interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  readonly errors: string;
}

/** Runs a command in a folder; kills it after `milliseconds` where they are given. */
async function run(pack: string, folder: string, argv: readonly string[], milliseconds?: number): Promise<Ended> {
  const command = [join(pack, "bin/heaviside.js"), ...argv];
  const child = spawn(process.execPath, command, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const timer = milliseconds === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  clearTimeout(timer);
  return { killed: signal === "SIGKILL", code, errors };
}

/** Fields that depend on the time of day or on how fast it went. */
const timed = (key: string): boolean => /second|made on|^run$|^cost$|^checksum$|ms$|milli/i.test(key);
const untimed = (text: string): string =>
  JSON.stringify(JSON.parse(text, (key, value) => (timed(key) ? undefined : value)));

/** Everything that a run left but times: every file's name, and what it holds. Pages show what the other files hold. */
function remains(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(html|svg|md)$/.test(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const bytes = readFileSync(path);
    const lines = () => bytes.toString().split("\n").filter(Boolean);
    const contents = entry.name.endsWith(".jsonl")
      ? lines().map(untimed).join("\n")
      : entry.name.endsWith(".json")
        ? untimed(bytes.toString())
        : entry.name.endsWith(".safetensors")
          ? checkpoint(bytes)
          : bytes.toString("hex");
    found.set(relative(folder, path), contents);
  }
  return found;
}

function checkpoint(bytes: Buffer): string {
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...arrays } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  return JSON.stringify(arrays) + untimed(metadata.checkpoint) + bytes.subarray(8 + length).toString("hex");
}

/** The first thing that differs, in words. */
function difference(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string | undefined {
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

interface Undisturbed {
  readonly remains: ReadonlyMap<string, string>;
  readonly milliseconds: number;
}

async function undisturbedRun(pack: string, folder: string, argv: readonly string[]): Promise<Undisturbed> {
  mkdirSync(folder);
  const began = performance.now();
  const { code, errors } = await run(pack, folder, argv);
  if (code !== 0) throw new Error(`heaviside ${argv.join(" ")} ends with exit code ${code}: ${errors}`);
  return { remains: remains(join(folder, "run")), milliseconds: performance.now() - began };
}

/** A suite that kills commands at random moments, gives them again until they end, and compares what they left with an undisturbed run. */
export const killing = (about: Omit<Suite, "run">, commands: readonly Killed[]): Suite => ({
  ...about,
  async run({ from, cases, folder, pack, progress }: RunOptions) {
    const faults: Fault[] = [];
    const outcomes: Record<string, number> = {};
    writeTinyData(join(folder, "tiny"));
    const undisturbed = new Map<Killed, Undisturbed>();
    for (let seed = from; seed < from + cases; seed++) {
      const command = commands[seed % commands.length]!;
      try {
        const known =
          undisturbed.get(command) ??
          (await undisturbedRun(pack, join(folder, `whole${undisturbed.size}`), command.argv));
        undisturbed.set(command, known);
        const kills = await disturbed(pack, join(folder, `case${seed}`), command, new Draws(seed), known);
        const outcome = kills === 0 ? "ended before the kill" : "the same after kills";
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      } catch (error) {
        faults.push({ seed, what: `heaviside ${command.argv.join(" ")}: ${(error as Error).message}` });
      }
      progress?.(seed - from + 1);
    }
    return { outcomes, faults };
  },
});

/** Whether a killed command has left all that the undisturbed one leaves; a file may be half written. */
function isDone(folder: string, wanted: ReadonlyMap<string, string>): boolean {
  try {
    return difference(wanted, remains(folder)) === undefined;
  } catch {
    return false;
  }
}

/** Kills a command some times, lets it end, and gives the number of kills. Throws where it left something else than the undisturbed one. */
async function disturbed(
  pack: string,
  folder: string,
  { argv, again = argv }: Killed,
  draws: Draws,
  { remains: wanted, milliseconds }: Undisturbed,
): Promise<number> {
  mkdirSync(folder);
  for (let kills = 0; ; ) {
    const words = existsSync(join(folder, "run", "config.json")) ? again : argv;
    const when = kills < MOST_KILLS ? draws.share() * milliseconds : undefined;
    const { killed, code, errors } = await run(pack, folder, words, when);
    if (killed) {
      kills++;
      // Killed when all was done: given again, a command whose runs have numbers would begin the next one.
      if (isDone(join(folder, "run"), wanted)) return kills;
      continue;
    }
    if (code !== 0) throw new Error(`after ${kills} kills, ${words.join(" ")} ends with exit code ${code}: ${errors}`);
    const what = difference(wanted, remains(join(folder, "run")));
    if (what !== undefined) throw new Error(`after ${kills} kills, ${what}`);
    return kills;
  }
}
