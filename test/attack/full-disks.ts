import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeTinyData } from "../support/tiny-data.ts";
import type { Killed } from "./killed.ts";
import { difference, remains } from "./remains.ts";
import { eachCase, type RunOptions, type Suite } from "./suite.ts";

/** Bytes by which a disk is larger than the one before: a page, which the smallest file takes. */
const PAGE = 4096;

/**
 * Gives a command whose folder is a disk of some bytes, then again where there is room. `full` and `again` are what it left, with its exit
 * code and what it said.
 */
const SCRIPT = `
mkdir run full again
mount -t tmpfs -o size=$SIZE none run
$FIRST >output 2>full/errors && echo 0 >full/code || echo $? >full/code
cp -r run full/run
mount -o remount,size=256m none run
again() { if [ -e run/config.json ]; then $AGAIN; else $FIRST; fi; }
[ $(cat full/code) = 0 ] || again >output 2>again/errors && echo 0 >again/code || echo $? >again/code
cp -r run again/run
umount run`;

/** As one word of a shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\\\''")}'`;

/** How a command ended, which said something and left files in \`run\`. */
const endIn = (folder: string) => ({
  code: Number(readFileSync(join(folder, "code"), "utf8")),
  errors: () => readFileSync(join(folder, "errors"), "utf8"),
  remains: remains(join(folder, "run")),
});

function onDisk(pack: string, folder: string, { argv, again = argv }: Killed, size: number) {
  mkdirSync(folder);
  const shell = (words: readonly string[]) =>
    [process.execPath, join(pack, "bin/heaviside.js"), ...words].map(quoted).join(" ");
  const script = SCRIPT.replace("$SIZE", `${size}`).replaceAll("$FIRST", shell(argv)).replace("$AGAIN", shell(again));
  const { status, stderr } = spawnSync("unshare", ["-rm", "sh", "-ec", script], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`attack: a small disk needs unshare and the rights to mount: ${stderr}`);
  return { full: endIn(join(folder, "full")), again: endIn(join(folder, "again")) };
}

/** Throws where a command on a disk of that size leaves what it must not, or can't be given again when there is room. */
function check(
  pack: string,
  folder: string,
  command: Killed,
  size: number,
  wanted: ReadonlyMap<string, string>,
): string {
  const { full, again } = onDisk(pack, folder, command, size);
  if (full.code !== 0) {
    const said = full.errors();
    if (!/run\S*: no space is left/.test(said) || /\n\s+at /.test(said))
      throw new Error(`it doesn't say which file has no room: ${said}`);
    const unfinished = [...full.remains.keys()].find((name) => name.endsWith(".unfinished"));
    if (unfinished !== undefined) throw new Error(`${unfinished} remains`);
  }
  if (again.code !== 0) throw new Error(`given again, it ends with exit code ${again.code}: ${again.errors()}`);
  const what = difference(wanted, again.remains);
  if (what !== undefined) throw new Error(`given again, ${what}`);
  rmSync(folder, { recursive: true });
  return full.code === 0 ? "fit" : "the same after a clear error";
}

/** A suite in which a command's folder is a disk of one page, of two pages, and so on. A bounded run has every tenth size. */
export const fullDisks = (about: Omit<Suite, "run">, command: Killed): Suite => ({
  ...about,
  async run(options: RunOptions) {
    const { pack, folder, cases } = options;
    writeTinyData(join(folder, "tiny"));
    const wanted = onDisk(pack, join(folder, "whole"), command, 2 ** 28).full;
    if (wanted.code !== 0) throw new Error(`heaviside ${command.argv.join(" ")}: ${wanted.errors()}`);
    const step = Math.max(1, Math.floor(about.full / cases));
    return eachCase(options, async (seed) => {
      const pages = 1 + seed * step;
      try {
        return check(pack, join(folder, `case${seed}`), command, pages * PAGE, wanted.remains);
      } catch (error) {
        throw new Error(`heaviside ${command.argv.join(" ")} on ${pages} pages: ${(error as Error).message}`);
      }
    });
  },
});
