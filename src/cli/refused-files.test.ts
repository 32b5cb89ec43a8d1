/** Folders that are read-only, disks that are full and other refusals of the system: one line that says what, and nothing half written. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { install } from "../../test/support/installed.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";

let home: string;
let bin: string;
folderForAllTests((folder) => {
  home = folder;
  install(home);
  bin = join(home, "node_modules/heaviside/bin/heaviside.js");
  writeTinyData(join(home, "tiny"));
  chmodSync(home, 0o755);
});

/** Runs a script of sh, in which `heaviside` is the command, and says how it ended. */
function shell(script: string, [command, ...args]: readonly [string, ...string[]] = ["sh"]) {
  const own = `heaviside() { "${process.execPath}" "${bin}" "$@"; }; training="--data-dir ${home}/tiny --hidden 3 --steps 2 --batch 40 --backend reference"; ${script}`;
  const { status, stderr } = spawnSync(command, [...args, "-c", own], { cwd: home, encoding: "utf8" });
  return { code: status, said: stderr.replaceAll(home, "HOME") };
}

test("a process that may open few files says so, and leaves nothing", () => {
  const { code, said } = shell("ulimit -n 40; heaviside train $training --out few");
  expect(code).toBe(1);
  expect(said).toMatch(
    /^heaviside: the system refuses open of \S+: too many files are open: ulimit -n 256 allows more\n$/,
  );
  expect(existsSync(join(home, "few"))).toBe(false);
});

test("a current folder that was removed is named as the reason", () => {
  mkdirSync(join(home, "gone"));
  expect(shell("cd gone; rmdir ../gone; heaviside train $training")).toEqual({
    code: 1,
    said: "heaviside: the current folder doesn't exist any more: change to another one\n",
  });
});

describe.runIf(process.getuid?.() === 0)("a user without rights learns which folder or file", () => {
  const nobody = (script: string) =>
    shell(script, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);

  test("can't be written: a new run, a run that is resumed, the current folder", () => {
    mkdirSync(join(home, "closed"));
    expect(nobody("heaviside train $training --out closed/run")).toEqual({
      code: 1,
      said: "heaviside: runs: cannot create closed/run: permission denied\n",
    });
    expect(nobody("heaviside train $training").said).toMatch(
      /^heaviside: runs: cannot create runs: permission denied\n$/,
    );
    expect(nobody("cd closed; heaviside train $training --no-out").code).toBe(0);
    expect(readdirSync(join(home, "closed"))).toEqual([]);
    expect(shell("heaviside train $training --out run").code).toBe(0);
    const before = readdirSync(join(home, "run"));
    expect(nobody("heaviside train --resume run")).toEqual({
      code: 1,
      said: "heaviside: runs: cannot write HOME/run/.lock-1: permission denied; the training is kept up to its last checkpoint: mend this, then resume with\n  npx heaviside train --resume run\n",
    });
    expect(nobody("heaviside report run").said).toBe(
      "heaviside: runs: cannot write run/report.html: permission denied\n",
    );
    expect(readdirSync(join(home, "run"))).toEqual(before);
  });

  test("can't be read: the data", () => {
    mkdirSync(join(home, "secret"), { mode: 0o700 });
    const { code, said } = nobody("heaviside train --data-dir secret --no-out");
    expect(code).toBe(1);
    expect(said).toMatch(/^heaviside: data: secret cannot be read \(EACCES: permission denied.*\)\n$/);
  });
});
