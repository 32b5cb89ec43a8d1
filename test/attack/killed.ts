import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { tinyData } from "./data.ts";
import { Random } from "./random.ts";
import type { Attack, Fault, Suite } from "./suite.ts";

/** A command that can be killed at any moment and given again. */
interface Killed {
  readonly argv: readonly string[];
  /** What is given after a kill, where it isn't the same command. */
  readonly again?: (folder: string) => readonly string[];
}

/** Most kills before the run may end. */
const MOST_KILLS = 4;

const start = (pack: string, folder: string, argv: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(pack, "bin/heaviside.js"), ...argv], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });

/** Runs a command; kills it after `milliseconds` where they are given. */
async function run(
  child: ChildProcess,
  milliseconds?: number,
): Promise<{ killed: boolean; code: number | null; said: string }> {
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const timer = milliseconds === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...how) => done(how));
  });
  clearTimeout(timer);
  return { killed: signal === "SIGKILL", code, said };
}

/** What depends on the time of day or on the speed of the machine. */
const TIMED = /"([^"]*([sS]econds?|made on)[^"]*|run|out|ms)":\s*("[^"]*"|[-+0-9.e]+|null),?/g;

/** Everything that a run left but times: every file's name and bytes; of a checkpoint its header and its arrays. */
function remains(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(html|svg|md)$/.test(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const bytes = readFileSync(path);
    if (!entry.name.endsWith(".safetensors")) {
      found.set(relative(folder, path), bytes.toString().replaceAll(TIMED, ""));
      continue;
    }
    const length = Number(bytes.readBigUInt64LE(0));
    const { __metadata__, ...arrays } = JSON.parse(bytes.subarray(8, 8 + length).toString());
    const text = JSON.stringify(arrays) + String(__metadata__.checkpoint).replaceAll(TIMED, "");
    found.set(relative(folder, path), text + bytes.subarray(8 + length).toString("hex"));
  }
  return found;
}

function difference(wanted: Map<string, string>, found: Map<string, string>): string | undefined {
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    if (!found.has(name)) return `${name} is missing`;
    if (!wanted.has(name)) return `${name} is left behind`;
    const [a, b] = [wanted.get(name)!, found.get(name)!];
    if (a === b) continue;
    let at = 0;
    while (a[at] === b[at]) at++;
    return `${name} differs: ${JSON.stringify(a.slice(Math.max(0, at - 60), at + 60))} became ${JSON.stringify(b.slice(Math.max(0, at - 60), at + 60))}`;
  }
  return undefined;
}

/** A suite that kills commands at random moments, gives them again until they end, and compares what they left with an undisturbed run. */
export const killing = (about: Omit<Suite, "run">, commands: readonly Killed[]): Suite => ({
  ...about,
  async run(attack) {
    const faults: Fault[] = [];
    tinyData(join(attack.folder, "tiny"));
    const undisturbed: { remains: Map<string, string>; milliseconds: number }[] = [];
    for (let i = 0; i < attack.cases; i++) {
      const which = i % commands.length;
      const { argv } = commands[which]!;
      if (!undisturbed[which]) {
        const began = performance.now();
        const { code, said } = await run(start(attack.pack, attack.folder, [...argv, "--out", `whole${which}`]));
        if (code !== 0) return [{ case: i, what: `heaviside ${argv.join(" ")} ends with exit code ${code}: ${said}` }];
        undisturbed[which] = {
          remains: remains(join(attack.folder, `whole${which}`)),
          milliseconds: performance.now() - began,
        };
      }
      const what = await one(attack, commands[which]!, i, undisturbed[which]);
      if (what) faults.push({ case: i, what: `heaviside ${argv.join(" ")}: ${what}` });
      attack.onProgress(i + 1);
    }
    return faults;
  },
});

async function one(
  { pack, folder, seed }: Attack,
  { argv, again }: Killed,
  index: number,
  undisturbed: { remains: Map<string, string>; milliseconds: number },
): Promise<string | undefined> {
  const random = new Random(seed, index);
  const out = `run${index}`;
  let kills = 0;
  for (let tries = 0; tries < 12; tries++) {
    const known = existsSync(join(folder, out));
    const words = known && again ? again(out) : [...argv, "--out", out];
    const when = kills < MOST_KILLS ? random.next() * undisturbed.milliseconds * 1.05 : undefined;
    const { killed, code, said } = await run(start(pack, folder, words), when);
    if (killed) kills++;
    else if (code !== 0) return `after ${kills} kills, ${words.join(" ")} ends with exit code ${code}: ${said}`;
    else if (kills > 0 || tries > 4) return difference(undisturbed.remains, remains(join(folder, out)));
    else return undefined;
  }
  return "is never done";
}
